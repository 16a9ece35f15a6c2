"""Notifications (draft section 8)."""

from conformance.message import Message
from conformance.rules import RIGHTS, address, member, optional, rule, subset, text

STATES = ("SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED", "SHARE_CHANGE_PERMISSION")
OF_SHARES = (*STATES, "REQUEST_RESHARE")
REMOVALS = {"USER_REMOVED": ("user", "userId"), "GROUP_REMOVED": ("group", "groupId")}
TYPES = {*OF_SHARES, "REQUEST_SHARE", *REMOVALS}
GONE = {"RESHARE_UNDO", "RESHARE_CHANGE_PERMISSION"}
"""With API 1.5 (wire.md section 2.2)."""

member("OCM-NOTIF-011", "senderDomain", text, "notification")
optional("OCM-NOTIF-014", "resourceType", lambda value: isinstance(value, str), "notification")
optional("OCM-NOTIF-015", "shareType", lambda value: isinstance(value, str), "notification")
optional("OCM-NOTIF-018", "notification", lambda value: isinstance(value, dict), "notification")
optional("OCM-NOTIF-038", "notification.message", lambda value: isinstance(value, str), "notification")
optional("OCM-NOTIF-039", "notification.file.permissions", subset(RIGHTS), "notification")
member(
    "OCM-NOTIF-036",
    "notification.file",
    lambda value: "" if isinstance(value, dict) else f"is {value!r}",
    "notification",
    types=OF_SHARES,
)
member("OCM-NOTIF-037", "notification.file.providerId", text, "notification", types=STATES)


@rule("OCM-NOTIF-010", "notification")
def _registered(message: Message) -> str:
    known = TYPES if message.version >= (1, 5) else TYPES | GONE
    return "" if message.type in known else f"notificationType is {message.type!r}"


@rule("OCM-NOTIF-016", "notification")
def _no_provider_id_on_top(message: Message) -> str:
    return "providerId stands at top level" if "providerId" in message.document else ""


@rule("OCM-NOTIF-017", "notification")
def _scoped(message: Message) -> str:
    scoped = {"resourceType", "shareType"} & message.document.keys()
    return "" if scoped else "neither resourceType nor shareType"


@rule("OCM-NOTIF-053", "notification")
@rule("OCM-NOTIF-054", "notification")
def _reshare(message: Message) -> str | None:
    if message.type != "REQUEST_RESHARE":
        return None
    if not isinstance(message.document.get("resourceType"), str):
        return "no resourceType"
    return text(message.inside("notification.file.providerId")) or address(
        message.inside("notification.file.shareWith")
    )


@rule("OCM-NOTIF-059", "notification")
def _request_share(message: Message) -> str | None:
    if message.type != "REQUEST_SHARE":
        return None
    if "shareType" in message.document:
        return "shareType is present"
    return "" if isinstance(message.document.get("resourceType"), str) else "no resourceType"


@rule("OCM-NOTIF-072", "notification")
@rule("OCM-NOTIF-073", "notification")
@rule("OCM-NOTIF-074", "notification")
@rule("OCM-IANA-001", "notification")
def _removal(message: Message) -> str | None:
    if message.type not in REMOVALS:
        return None
    kind, name = REMOVALS[message.type]
    if "resourceType" in message.document:
        return "resourceType is present"
    if message.document.get("shareType") != kind:
        return f"shareType is {message.document.get('shareType')!r}"
    return text(message.inside(f"notification.{kind}.{name}"))


@rule("OCM-LEG-017", "notification")
def _provider_id_on_top(message: Message) -> str | None:
    if message.version >= (1, 5) or message.type not in OF_SHARES:
        return None
    return text(message.document.get("providerId"))
