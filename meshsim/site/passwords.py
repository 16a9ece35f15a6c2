"""Passwords that users make for their programs: one each, shown once, and revoked without the others."""

from hashlib import sha256
from typing import TYPE_CHECKING

from meshsim.ocm import text
from meshsim.ocm.errors import LocalError
from meshsim.site.records import APP_PASSWORDS, AppPassword
from meshsim.stores import Drop

if TYPE_CHECKING:
    from meshsim.site.site import Site

MOST = 50
"""Passwords of one user."""


class Passwords:
    """The app passwords of a site's users."""

    __slots__ = ("site",)

    def __init__(self, site: "Site") -> None:
        self.site = site

    def create(self, user: str, label: str) -> tuple[AppPassword, str]:
        """A new password and its record; the password itself is kept nowhere. LocalError for a bad label."""
        site = self.site
        site.user(user)
        label = label.strip()
        reason = text.identifier(label)
        if reason is not None:
            raise LocalError(f"the name of the program {reason}")
        if len(self.of(user)) >= MOST:
            raise LocalError(f"you have {MOST} app passwords already; revoke one first", status=409)
        password = site.ports.entropy.token("app-password")
        row = AppPassword(digest(password), user, label, site.now())
        site.records.commit([row.put()])
        return row, password

    def of(self, user: str) -> list[AppPassword]:
        """What a user made, oldest first."""
        return list(self.site.records.app_passwords(user))

    def owner(self, password: str) -> str | None:
        """Whose password it is, or None."""
        row = self.site.records.app_password(digest(password))
        return None if row is None else row.user

    def revoke(self, user: str, key: str) -> None:
        """It opens nothing from now on; LocalError if the user has no such password."""
        row = self.site.records.app_password(key)
        if row is None or row.user != user:
            raise LocalError("you have no such app password", status=404)
        self.site.records.commit([Drop(APP_PASSWORDS, key)])


def digest(password: str) -> str:
    """What is kept of a password. It has 192 random bits, so a slow digest would protect nothing more."""
    return sha256(password.encode(errors="surrogatepass")).hexdigest()
