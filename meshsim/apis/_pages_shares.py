"""Pages of shares in both directions, and of requests for them."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from meshsim.apis._pages_files import place
from meshsim.apis._visit import Visit
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import LocalError, OcmError
from meshsim.ocm.lifecycle import OPEN, Deal, Share
from meshsim.site.records import SentShare
from meshsim.wire import Response

RIGHTS = {"read": ("read",), "write": ("read", "write")}
MOST_ENDED = 20
"""Ended shares that are shown."""


async def share(visit: Visit) -> Response:
    """Give a share of a file or folder."""
    where = place(visit)
    path = visit.parts["path"].strip("/")
    item, *_ = await where.items(path, "0")
    if visit.request.method != "POST":
        return _share_form(visit, item, {"rights": "read"})
    fields = await visit.form()
    try:
        given = await visit.site.sending.share(
            visit.user,
            path,
            OcmAddress.parse(fields.get("with", "").strip()),
            permissions=_rights(fields),
            expiration=_expiration(fields.get("until", "")),
        )
    except OcmError as error:
        return _share_form(visit, item, fields, error)
    told = f"{item.name} is shared with {given.recipient}, who can accept it now."
    if given.state is Share.OFFERED:
        told = f"{given.recipient.host} does not answer now. {item.name} is offered again until it does."
    return visit.onward("/given", told)


def _share_form(
    visit: Visit, item: object, fields: dict[str, str], error: OcmError | None = None
) -> Response:
    where = f"/{visit.user}/{visit.parts['path'].strip('/')}"
    records, granting = visit.site.records, visit.site.granting
    return visit.page(
        "share",
        f"Share {getattr(item, 'name', '')}",
        status=200 if error is None else error.status,
        item=item,
        contacts=list(records.contacts(visit.user)),
        shares=[s for s in records.sent_by(visit.user) if s.path == where and granting.is_open(s)],
        fields=fields,
        wrong="" if error is None else error.message,
    )


def _rights(fields: dict[str, str]) -> tuple[str, ...]:
    rights = RIGHTS.get(fields.get("rights", ""))
    if rights is None:
        raise LocalError("choose what they may do")
    return (*rights, "share") if fields.get("reshare") else rights


def _expiration(text: str) -> int | None:
    """The end of a day, in seconds since the Unix epoch; LocalError for what is no date."""
    if not text.strip():
        return None
    try:
        day = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise LocalError("the last day must be a date such as 2030-12-31") from error
    return int((day + timedelta(days=1)).timestamp())


async def given(visit: Visit) -> Response:
    """What the user shares with others, and what became of it."""
    shares = [share for share in visit.site.records.sent_by(visit.user)][::-1]
    return visit.page(
        "given",
        "Shared by me",
        shares=[share for share in shares if visit.site.granting.is_open(share)],
        ended=[_ended(visit, share) for share in shares if not visit.site.granting.is_open(share)][
            :MOST_ENDED
        ],
        wishes=[
            wish
            for wish in visit.site.records.wishes(visit.user)
            if wish.incoming and wish.state is Deal.OPEN
        ],
        rights_of=lambda share: "write" if "write" in share.permissions else "read",
    )


def _ended(visit: Visit, share: SentShare) -> tuple[SentShare, str]:
    return share, "expired" if share.state in OPEN else str(share.state)


async def change(visit: Visit) -> Response:
    """Change what the recipient of a share may do."""
    fields = await visit.form()
    after = await visit.site.sending.change_permissions(visit.user, fields.get("share", ""), _rights(fields))
    may = "read and write" if "write" in after.permissions else "only read"
    return visit.onward("/given", f"{after.recipient} may {may} {after.name} now.")


async def unshare(visit: Visit) -> Response:
    """Take a share back."""
    fields = await visit.form()
    after = await visit.site.sending.unshare(visit.user, fields.get("share", ""))
    return visit.onward("/given", f"{after.name} is not shared with {after.recipient} any more.")


async def decide(visit: Visit) -> Response:
    """Agree to a request for a share, or refuse it."""
    fields = await visit.form()
    agree = fields.get("answer") == "agree"
    await visit.site.wishing.answer(visit.user, fields.get("wish", ""), agree)
    return visit.onward(
        "/given", "You agreed, and the share was given." if agree else "You refused the request."
    )


async def incoming(visit: Visit) -> Response:
    """What others share with the user."""
    shares = visit.shares()[::-1]
    return visit.page(
        "received",
        "Shared with me",
        pending=[share for share in shares if share.state is Share.PENDING],
        accepted=[share for share in shares if share.state is Share.ACCEPTED],
        known={str(contact.address): contact.name for contact in visit.site.records.contacts(visit.user)},
    )


async def accept(visit: Visit) -> Response:
    """Take a share, and open it."""
    after = await visit.site.receiving.accept(visit.user, (await visit.form()).get("share", ""))
    return visit.onward(f"/received/{quote(after.key, safe='')}/files/", f"You accepted {after.name}.")


async def decline(visit: Visit) -> Response:
    """Refuse a share, or leave it."""
    key = (await visit.form()).get("share", "")
    before = visit.site.receiving.get(visit.user, key)
    after = await visit.site.receiving.decline(visit.user, key)
    word = "declined" if before.state is Share.PENDING else "left"
    return visit.onward("/received", f"You {word} {after.name}.")
