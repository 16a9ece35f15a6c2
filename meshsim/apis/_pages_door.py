"""Pages of who comes in: sign in and out, where-are-you-from, and the dialog that accepts an invite."""

from urllib.parse import quote

from meshsim.apis import html, signin
from meshsim.apis._visit import Visit
from meshsim.ocm.address import parse_host
from meshsim.ocm.errors import LocalError, OcmError
from meshsim.ocm.invite import Invite
from meshsim.ocm.lifecycle import Deal
from meshsim.site.records import Invitation
from meshsim.site.site import DIALOG_PATH
from meshsim.wire import Response, split


async def front(visit: Visit) -> Response:
    """The way to one's own files."""
    return html.redirect("/files/")


async def sign_in(visit: Visit) -> Response:
    """The form, and what it is answered with."""
    site = visit.site
    if visit.request.method != "POST":
        there = signin.local_path(visit.query.get("next", "/"))
        if visit.session is not None:
            return html.redirect(there)
        return visit.page("signin", "Sign in", there=there, name="", wrong="")
    fields = await visit.form()
    there = signin.local_path(fields.get("next", "/"))
    name = fields.get("user", "").strip()
    token = signin.sign_in(site, visit.request, name, fields.get("password", ""))
    if token is not None:
        return html.redirect(there, signin.cookie(site, token))
    wrong = "That name and password do not belong together. Check both, and try again."
    # The name is not shown again: the page is the same for those who exist and those who do not.
    return visit.page("signin", "Sign in", status=401, there=there, name="", wrong=wrong)


async def sign_out(visit: Visit) -> Response:
    """End the session."""
    if visit.session is not None:
        await visit.form()
        signin.sign_out(visit.site, visit.request)
    return html.redirect("/signin", signin.cookie(visit.site, ""))


def _invites(visit: Visit) -> None:
    if not visit.site.profile.dialect.invites:
        raise LocalError("this server does not know invites", status=404)


async def wayf(visit: Visit) -> Response:
    """Where are you from? The invited person names their server and is sent to its accept dialog."""
    _invites(visit)
    if visit.request.method == "POST":
        fields = await visit.form()
        token, server = fields.get("token", ""), fields.get("server", "")
        _invitation(visit, token)
        try:
            return await _send_home(visit, token, server)
        except OcmError as error:
            return await _asked(visit, token, server, error)
    return await _asked(visit, visit.query.get("token", ""))


def _invitation(visit: Visit, token: str) -> Invitation:
    # Before anything else: without an invite, nobody makes this server ask others.
    invitation = visit.site.records.invitation(token)
    if invitation is None or invitation.state is not Deal.OPEN or invitation.expires <= visit.site.now():
        raise LocalError("this invite is unknown, used or expired; ask for a new one", status=404)
    return invitation


async def _asked(visit: Visit, token: str, server: str = "", error: OcmError | None = None) -> Response:
    site = visit.site
    invitation = _invitation(visit, token)
    providers = [provider for provider in await site.listing.providers() if provider.host != site.host]
    return visit.page(
        "wayf",
        "Where are you from?",
        status=200 if error is None else error.status,
        leads_away=True,
        inviter=site.user(invitation.user),
        invitation=invitation,
        invite=site.inviting.text(invitation),
        providers=providers,
        server=server,
        wrong="" if error is None else error.message,
    )


async def _send_home(visit: Visit, token: str, server: str) -> Response:
    site = visit.site
    # Free text: a host name, or the address of the invited person.
    host = parse_host(server.strip().rpartition("@")[2])
    invite = Invite.of(token, site.host)
    peer = await site.peers.discover(host)
    dialog = peer.discovery.invite_accept_dialog
    if dialog is None:
        raise LocalError(f"{host} has no page to accept invites; use the invite string there")
    if dialog.startswith("/") and not dialog.startswith("//"):
        dialog = peer.base + dialog
    if not dialog.startswith(f"{site.profile.scheme}://"):
        raise LocalError(f"{host} names a page that cannot be gone to", status=502)
    return html.redirect(invite.link(dialog))


async def accept_invite(visit: Visit) -> Response:
    """The dialog at the invited person's own server; it asks before it accepts."""
    _invites(visit)
    if visit.session is None:
        if visit.request.method == "POST":
            return html.redirect("/signin")
        here = f"{DIALOG_PATH}?{visit.request.target.query}"
        return html.redirect(f"/signin?next={quote(here, safe='')}")
    if visit.request.method != "POST":
        return visit.page("accept", "Accept an invite?", invite=Invite.from_link(visit.request.url))
    fields = await visit.form()
    return await take_up(visit, Invite.of(fields.get("token", ""), fields.get("providerDomain", "")))


async def take_up(visit: Visit, invite: Invite) -> Response:
    """Accept an invite, and see one's contacts; LocalError if the other server refuses."""
    site = visit.site
    joining = await site.inviting.accept(visit.user, invite)
    if joining.state is Deal.REFUSED:
        raise LocalError(f"{invite.provider} does not take this invite: {joining.reason}", status=409)
    if joining.inviter is None:
        told = f"{invite.provider} does not answer now ({joining.reason}). It is asked again."
        return visit.onward("/contacts", told)
    contact = site.records.contact(visit.user, joining.inviter)
    name = contact.name if contact is not None else str(joining.inviter)
    return visit.onward("/contacts", f"{name} ({joining.inviter}) is now your contact.")


def invite_of(text: str) -> Invite:
    """An invite as somebody pastes it: the string, or a link with the token in it; OcmError."""
    text = text.strip()
    if "://" not in text:
        return Invite.parse(text)
    if "providerDomain=" in text:
        return Invite.from_link(text)
    return Invite.from_link(f"{text}&providerDomain={quote(split(text).authority)}")
