"""Acceptances of invites (draft section 4).

An `email` may be empty: a user need not have one (wire.md section 8).
"""

from conformance.message import Message
from conformance.rules import member, rule, text

MEMBERS = ("recipientProvider", "token", "userID", "email", "name")

member("OCM-INV-014", "token", text, "acceptance")
member("OCM-INV-017", "name", text, "acceptance")
member("OCM-INV-016", "email", lambda v: "" if isinstance(v, str) else f"is {v!r}", "acceptance")


@rule("OCM-INV-013", "acceptance")
def _provider(message: Message) -> str:
    value = message.document.get("recipientProvider")
    if message.version < (1, 2):  # there it is a URL (wire.md section 1.1)
        value = str(value).partition("://")[2].strip("/") or value
    return "" if value == message.source else f"recipientProvider is {value!r}, and {message.source} speaks"


@rule("OCM-INV-015", "acceptance")
def _user(message: Message) -> str:
    value = message.document.get("userID")
    host = str(message.document.get("recipientProvider"))
    return text(value) or (f"userID {value!r} has its host" if str(value).endswith(f"@{host}") else "")


@rule("OCM-INV-012", "acceptance")
def _acceptance(message: Message) -> str:
    wrong = [name for name in MEMBERS if not isinstance(message.document.get(name), str)]
    return f"no text: {', '.join(wrong)}" if wrong else ""
