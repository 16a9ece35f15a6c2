"""Token exchange: request, answer, errors and who must, may or cannot (draft sections 9 and 10)."""

import re
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import parse_qsl, quote_plus

import msgspec

from meshsim.ocm import document, text
from meshsim.ocm.address import parse_host
from meshsim.ocm.document import Check
from meshsim.ocm.errors import LocalError, Problem, RemoteError, told
from meshsim.ocm.share import EXCHANGE

GRANT = "authorization_code"
_PLAIN_FORM = re.compile(rb"grant_type=authorization_code&client_id=([\w.:-]+)&code=([\w.~-]+)")
_UNRESERVED = re.compile(r"[\w.~-]*", re.ASCII)
FORM = "application/x-www-form-urlencoded"

ERRORS = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
)


class TokenError(RemoteError):
    """A refused token request: the OAuth error code, a description, and the bad fields."""

    def __init__(
        self,
        error: str,
        description: str = "",
        problems: tuple[Problem, ...] = (),
        *,
        status: int = 400,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{error}: {description}", problems, status=status, retry_after=retry_after)
        self.error = error
        self.description = description


class TokenRequest(msgspec.Struct, frozen=True, gc=False):
    """The form posted to tokenEndPoint."""

    client_id: str
    code: str

    @classmethod
    def parse(cls, body: bytes, content_type: str) -> "TokenRequest":
        """Raises TokenError."""
        if content_type != FORM and content_type.partition(";")[0].strip().lower() != FORM:
            raise TokenError("invalid_request", f"the body must be {FORM}")
        if plain := _PLAIN_FORM.fullmatch(body):
            # As nearly all are: nothing encoded, nothing twice, nothing else.
            client, code = plain[1].decode(), plain[2].decode()
            if text.host(client) is None and text.secret(code) is None:
                return cls(parse_host(client), code)
        try:
            pairs = parse_qsl(
                body.decode("ascii"), keep_blank_values=True, max_num_fields=50, errors="strict"
            )
        except ValueError as error:
            raise TokenError("invalid_request", "the body is not a form") from error
        found = list(_faults(pairs))
        if found:
            problems = tuple(problem for _, problem in found)
            raise TokenError(found[0][0], told(problems), problems)
        fields = dict(pairs)
        return cls(parse_host(fields["client_id"]), fields["code"])

    def form(self) -> bytes:
        """The request as application/x-www-form-urlencoded."""
        client, code = self.client_id, self.code
        if not _UNRESERVED.fullmatch(client + code):
            client, code = quote_plus(client), quote_plus(code)
        return f"grant_type={GRANT}&client_id={client}&code={code}".encode()


def _faults(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, Problem]]:
    """What is wrong with a token request, and the OAuth error for it; what comes first weighs most."""
    fields = dict(pairs)
    # RFC 6749, section 3.2: parameters must not be repeated, and unknown ones are ignored.
    for name in fields:
        if [given for given, _ in pairs].count(name) > 1:
            # RFC 6749, section 5.2: the description is ASCII without quotes.
            told = name if _UNRESERVED.fullmatch(name) else "a parameter"
            yield "invalid_request", Problem(told[:100], "occurs more than once")
    for name in ("grant_type", "client_id", "code"):
        if not fields.get(name):
            yield "invalid_request", Problem(name, "is missing")
    client, grant, code = fields.get("client_id"), fields.get("grant_type"), fields.get("code")
    if client and (reason := text.host(client)) is not None:
        yield "invalid_request", Problem("client_id", reason)
    if grant and grant != GRANT:
        yield "unsupported_grant_type", Problem("grant_type", f"must be {GRANT}")
    if code and (reason := text.secret(code)) is not None:
        yield "invalid_grant", Problem("code", reason)


class TokenAnswer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A granted token; `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int | None = None

    CHECKS: ClassVar[dict[str, Check]] = {
        "access_token": text.secret,
        "token_type": lambda kind: None if kind.lower() == "bearer" else "must be Bearer",
        "expires_in": text.not_negative,
    }

    @classmethod
    def parse(cls, raw: bytes) -> "TokenAnswer":
        """OcmError if it is not a usable answer."""
        return document.parse(raw, cls)


SENDER: dict[tuple[bool, bool, bool], tuple[str, ...]] = {
    # (receiver demands it, receiver offers it, sender offers it): what the sender must require
    (True, True, True): (EXCHANGE,),
    (False, True, True): (),
    (False, True, False): (),
    (False, False, True): (),
    (False, False, False): (),
}
"""The decision table of the sending side; with the pairs that are not here, nothing is shared."""


def sender_requirement(*, receiver_demands: bool, receiver_can: bool, sender_can: bool) -> tuple[str, ...]:
    """What the sender puts into `requirements`; LocalError where it must not share (wire.md section 5).

    `receiver_demands` is its criterion must-exchange-token, `..._can` the capability exchange-token.
    """
    try:
        return SENDER[receiver_demands, receiver_can, sender_can]
    except KeyError:
        who = "this one" if receiver_can else "that one"
        raise LocalError(
            f"the receiving server demands token exchange, which {who} does not offer", status=403
        ) from None


RECEIVER = {
    # (share requires it, sender offers it): what the receiver does
    (True, True): "exchange",
    (False, True): "try",
    (False, False): "secret",
}
"""The decision table of the receiving side; the pair that is not here contradicts itself."""


def receiver_choice(*, required: bool, sender_can: bool) -> str:
    """ "exchange", "try" (then fall back to the secret) or "secret"; RemoteError if contradictory."""
    try:
        return RECEIVER[required, sender_can]
    except KeyError:
        raise RemoteError("the share demands token exchange, which its sender does not offer") from None
