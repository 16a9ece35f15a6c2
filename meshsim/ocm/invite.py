"""Invites: the string, the link, the acceptance (draft section 4)."""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

import msgspec

from meshsim.ocm import text
from meshsim.ocm.address import parse_host
from meshsim.ocm.document import Check
from meshsim.ocm.errors import OcmError
from meshsim.wire import split

LONGEST_STRING = 4096
"""Characters of an invite string."""


class Invite(msgspec.Struct, frozen=True, gc=False):
    """What travels to the invited person."""

    token: str
    provider: str

    @classmethod
    def parse(cls, string: str) -> "Invite":
        """From an invite string (base64url; padding and standard base64 tolerated); OcmError."""
        bare = string.strip().rstrip("=")
        if not bare or len(bare) > LONGEST_STRING:
            raise OcmError("not an invite: empty or too long")
        try:
            # Web clients in the field use the standard alphabet (wire.md section 7).
            raw = b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4), validate=True)
            decoded = raw.decode()
        except (Error, ValueError) as error:
            raise OcmError("not an invite: neither base64url nor base64 of text") from error
        # The token may contain "@"; the host may not.
        token, at, provider = decoded.rpartition("@")
        if not at:
            raise OcmError("not an invite: there is no @ in it")
        return cls.of(token, provider)

    @classmethod
    def from_link(cls, url: str) -> "Invite":
        """From a link with parameters token and providerDomain; OcmError."""
        if len(url) > LONGEST_STRING:
            raise OcmError("not an invite link: too long")
        try:
            pairs = parse_qsl(split(url).query, max_num_fields=50, errors="strict")
        except ValueError as error:
            raise OcmError("not an invite link: its parameters cannot be read") from error
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise OcmError("not an invite link: a parameter occurs twice")
        if "token" not in fields or "providerDomain" not in fields:
            raise OcmError("not an invite link: token and providerDomain are needed")
        return cls.of(fields["token"], fields["providerDomain"])

    @classmethod
    def of(cls, token: str, provider: str) -> "Invite":
        """From its two parts, as a person or a form gives them; OcmError."""
        if (reason := text.identifier(token)) is not None:
            raise OcmError(f"not an invite: the token {reason}")
        return cls(token, parse_host(provider))

    @property
    def string(self) -> str:
        """base64url(token@provider) without padding."""
        return urlsafe_b64encode(f"{self.token}@{self.provider}".encode()).rstrip(b"=").decode()

    def link(self, page: str) -> str:
        """`page` with the parameters token and providerDomain appended."""
        joint = "&" if "?" in page else "?"
        return page + joint + urlencode({"token": self.token, "providerDomain": self.provider})


class Acceptance(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """The body of POST {endPoint}/invite-accepted."""

    recipient_provider: str
    token: str
    user_id: str = msgspec.field(name="userID")
    email: str
    name: str

    CHECKS: ClassVar[dict[str, Check]] = {
        "recipient_provider": text.host,
        "token": text.identifier,
        "user_id": text.identifier,
        "email": text.label,
        "name": text.label,
    }

    @property
    def host(self) -> str:
        """The accepting server."""
        return parse_host(self.recipient_provider)


class Identity(msgspec.Struct, frozen=True, gc=False):
    """The inviting user, in the answer to an acceptance."""

    user_id: str = msgspec.field(name="userID")
    email: str
    name: str

    CHECKS: ClassVar[dict[str, Check]] = {
        "user_id": text.identifier,
        "email": text.label,
        "name": text.label,
    }
