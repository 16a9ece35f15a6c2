"""Token exchange: request, answer, errors and who must, may or cannot (draft sections 9 and 10)."""

import msgspec

GRANT = "authorization_code"


class TokenError(Exception):
    """A refused token request: the OAuth error code and a description."""

    def __init__(self, error: str, description: str = "", *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


class TokenRequest(msgspec.Struct, frozen=True):
    """The form posted to tokenEndPoint."""

    client_id: str
    code: str

    @classmethod
    def parse(cls, body: bytes, content_type: str) -> "TokenRequest":
        """Raises TokenError."""
        raise NotImplementedError

    def form(self) -> bytes:
        """The request as application/x-www-form-urlencoded."""
        raise NotImplementedError


class TokenAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A granted token; `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int | None = None


def sender_requirement(*, receiver_demands: bool, receiver_can: bool, sender_can: bool) -> tuple[str, ...]:
    """What the sender puts into `requirements`; LocalError where it must not share (wire.md section 5)."""
    raise NotImplementedError


def receiver_choice(*, required: bool, sender_can: bool) -> str:
    """ "exchange", "try" (then fall back to the secret) or "secret"; RemoteError if contradictory."""
    raise NotImplementedError
