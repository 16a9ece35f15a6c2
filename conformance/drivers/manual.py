"""Somebody sits at the site's pages: the suite says what to do there, and waits until it is done.

Enter says that it was done, `skip` that it cannot be, and anything else is what the site said against it.
"""

from collections.abc import Mapping
from typing import Any

from conformance import Unsupported
from conformance.drivers import HOME, Place
from conformance.record import Refused
from conformance.targets import Misuse


class Manual:
    """Asks in words."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.users = tuple(place.passwords)
        self._begun = False

    def invite(self, user: str) -> str:
        answer = self._ask(user, "make an invite, and paste the invite string here")
        if not answer:
            raise Refused("no invite string was given")
        return answer

    def accept_invite(self, user: str, invite: str) -> str:
        self._do(user, f"take up the invite {invite}")
        return ""

    def remove_contact(self, user: str, address: str) -> None:
        self._do(user, f"remove the contact {address}")

    def share(self, user: str, path: str, to: str, options: Mapping[str, Any]) -> Any:
        more = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in options.items())
        self._do(user, f"share {path} with {to}" + (f" ({more})" if more else " (to read)"))
        return {"providerId": "", "state": "pending"}

    def unshare(self, user: str, share: str) -> None:
        self._do(user, "take back the share that was given last")

    def change_permissions(self, user: str, share: str, permissions: list[str]) -> None:
        self._do(user, f"let the share that was given last have the permissions {', '.join(permissions)}")

    def accept(self, user: str, key: str) -> None:
        self._do(user, f"accept the newest share ({key})")

    def decline(self, user: str, key: str) -> None:
        self._do(user, f"decline the newest share ({key})")

    def read(self, user: str, key: str, path: str) -> str:
        self._do(
            user, f"open {path or 'it'} in the share accepted last ({key}), so that its content is shown"
        )
        return ""

    def _do(self, user: str, what: str) -> None:
        answer = self._ask(user, f"{what}; then press Enter")
        if answer:
            raise Refused(answer)

    def _ask(self, user: str, what: str) -> str:
        if not self._begun:
            self._begun = True
            self._answer(
                f"You act at {self.place.host} as {', '.join(self.users)}. In each home there has to be: "
                f"{', '.join(HOME)}. Enter means done, `skip` that it cannot be done here, and anything else "
                "is what the site says against it. Press Enter to begin"
            )
        return self._answer(f"As {user}: {what}")

    def _answer(self, text: str) -> str:
        answer = self.place.ask(text)
        if answer is None:
            raise Unsupported("nobody answers any more")
        if answer.strip().lower() == "skip":
            raise Unsupported("cannot be done at the site's pages")
        return answer.strip()


def build(place: Place) -> Manual:
    """Misuse if it is not known who lives there."""
    if not place.passwords:
        raise Misuse("the driver manual needs the names of users of the site: give --user NAME")
    return Manual(place)
