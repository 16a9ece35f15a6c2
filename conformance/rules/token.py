"""Token requests (draft section 10)."""

from conformance.message import Message, words
from conformance.rules import rule, text
from conformance.rules.signature import verified


@rule("OCM-TOK-002", "token")
def _form(message: Message) -> str:
    well = message.media_type == "application/x-www-form-urlencoded"
    return "" if well else f"Content-Type is {message.media_type!r}"


@rule("OCM-TOK-003", "token")
def _token_signed(message: Message) -> str | None:
    # A server that signs nothing at all is judged by OCM-SEC-005 (wire.md section 8, 11).
    return verified(message.signature) if "http-sig" in words(message.mine, "capabilities") else None


@rule("OCM-TOK-004", "token")
def _client(message: Message) -> str:
    client = message.form.get("client_id")
    return "" if client == message.source else f"client_id is {client!r}, and {message.source} asks"


@rule("OCM-TOK-005", "token")
def _code(message: Message) -> str:
    return text(message.form.get("code"))


@rule("OCM-TOK-006", "token")
def _grant(message: Message) -> str:
    grant = message.form.get("grant_type")
    return "" if grant == "authorization_code" else f"grant_type is {grant!r}"
