"""Somebody's request for a page of theirs, and the page or the way on that answers it."""

from collections.abc import Mapping
from urllib.parse import parse_qs

import msgspec

from meshsim.apis import html, signin
from meshsim.apis.signin import Note, Session
from meshsim.ocm.errors import OcmError
from meshsim.ocm.lifecycle import Share
from meshsim.site.records import ReceivedShare
from meshsim.site.site import Site
from meshsim.wire import Request, Response


class Visit(msgspec.Struct, frozen=True):
    """`parts` are what the path names, decoded; `session` is None before somebody signed in."""

    site: Site
    request: Request
    session: Session | None
    parts: Mapping[str, str]

    @property
    def user(self) -> str:
        """Who signed in; pages that need to know are shown to nobody else."""
        assert self.session is not None  # noqa: S101 - `pages` asks them to sign in first
        return self.session.user

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address; OcmError if there are too many."""
        try:
            found = parse_qs(self.request.target.query, max_num_fields=50)
        except ValueError as error:
            raise OcmError("the address has too many parameters") from error
        return {name: values[0] for name, values in found.items()}

    async def form(self) -> dict[str, str]:
        """The fields of a form that one of our own pages sent; OcmError."""
        fields = await signin.form(self.request)
        signin.check_form(self.site, self.request, fields.get("csrf", ""))
        return fields

    def shares(self) -> list[ReceivedShare]:
        """What others gave to whoever signed in."""
        site = self.site
        return site.receiving.shares(self.user, site.ports.users.groups_of(self.user))

    def page(
        self, template: str, title: str, *, leads_away: bool = False, status: int = 200, **values: object
    ) -> Response:
        """A page, with what was to be told on it."""
        csrf, cookie = signin.proof(self.site, self.request)
        notes: list[Note] = []
        person, waiting = None, 0
        if self.session is not None:
            notes, person = self.session.notes[:], self.site.ports.users.find(self.session.user)
            waiting = sum(share.state is Share.PENDING for share in self.shares())
            if self.request.method != "HEAD":
                self.session.notes.clear()
        return html.page(
            self.site,
            template,
            title,
            status=status,
            cookie=cookie,
            leads_away=leads_away,
            csrf=csrf,
            notes=notes,
            person=person,
            waiting=waiting,
            here=self.request.target.path,
            **values,
        )

    def onward(self, where: str, told: str = "", *, wrong: bool = False, secret: str = "") -> Response:
        """See another page, which tells how it went."""
        if told and self.session is not None:
            self.session.notes.append(Note(told, wrong, secret))
            del self.session.notes[: -signin.MOST_NOTES]
        return html.redirect(where)
