"""Pages of whom one knows, of invites, and of the passwords for one's programs."""

from urllib.parse import quote

from meshsim.apis._pages_door import invite_of, take_up
from meshsim.apis._visit import Visit
from meshsim.apis.user import FILES, SHARES
from meshsim.ocm import text
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import LocalError
from meshsim.ocm.lifecycle import Deal
from meshsim.site.site import WAYF_PATH
from meshsim.wire import Response


async def contacts(visit: Visit) -> Response:
    """Whom the user knows, and the invites that are open."""
    site, records = visit.site, visit.site.records
    now = site.now()
    invites = [row for row in records.invitations(visit.user) if row.state is Deal.OPEN and row.expires > now]
    return visit.page(
        "contacts",
        "Contacts",
        contacts=sorted(
            records.contacts(visit.user), key=lambda row: (row.name.casefold(), str(row.address))
        ),
        invites=[(row, site.inviting.text(row), _link(visit, row.token)) for row in invites[::-1]],
        joinings=[row for row in records.joinings(visit.user) if row.state is Deal.OPEN],
        can_invite=site.profile.dialect.invites,
        address=site.address(visit.user),
    )


def _link(visit: Visit, token: str) -> str:
    row = visit.site.records.invitation(token)
    assert row is not None  # noqa: S101 - it was just listed
    return visit.site.inviting.text(row).link(visit.site.base + WAYF_PATH)


async def invite(visit: Visit) -> Response:
    """Make an invite."""
    description = (await visit.form()).get("description", "").strip()
    if (reason := text.label(description)) is not None:
        raise LocalError(f"the note {reason}")
    visit.site.inviting.invite(visit.user, description)
    return visit.onward("/contacts#invites", "Your invite is ready: hand on its link or its string.")


async def take(visit: Visit) -> Response:
    """Take up an invite from elsewhere, by its string or its link."""
    given = (await visit.form()).get("invite", "")
    if not given.strip():
        raise LocalError("paste the invite string or the link you were given")
    return await take_up(visit, invite_of(given))


async def remove(visit: Visit) -> Response:
    """End a contact and the shares between the two."""
    address = OcmAddress.parse((await visit.form()).get("address", ""))
    await visit.site.inviting.remove(visit.user, address)
    return visit.onward("/contacts", f"{address} is no contact of yours any more.")


async def access(visit: Visit) -> Response:
    """How programs reach the user's files, and the passwords they have."""
    site = visit.site
    return visit.page(
        "access",
        "Apps and devices",
        passwords=site.passwords.of(visit.user),
        files=f"{site.base}{FILES}/{quote(visit.user)}/",
        shares=f"{site.base}{SHARES}/{quote(visit.user)}/",
        address=site.address(visit.user),
    )


async def create_password(visit: Visit) -> Response:
    """Make a password for a program; it is shown on the next page and never again."""
    row, password = visit.site.passwords.create(visit.user, (await visit.form()).get("label", ""))
    told = f"The password for {row.label}. Copy it now: it is not shown again."
    return visit.onward("/access", told, secret=password)


async def revoke_password(visit: Visit) -> Response:
    """Take a program's password away."""
    visit.site.passwords.revoke(visit.user, (await visit.form()).get("key", ""))
    return visit.onward("/access", "That password opens nothing any more.")
