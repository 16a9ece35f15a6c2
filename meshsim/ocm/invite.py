"""Invites: the string, the link, the acceptance (draft section 4)."""

import msgspec


class Invite(msgspec.Struct, frozen=True):
    """What travels to the invited person."""

    token: str
    provider: str

    @classmethod
    def parse(cls, text: str) -> "Invite":
        """From an invite string (base64url, padding and standard base64 tolerated); OcmError."""
        raise NotImplementedError

    @classmethod
    def from_link(cls, url: str) -> "Invite":
        """From a link with parameters token and providerDomain; OcmError."""
        raise NotImplementedError

    @property
    def string(self) -> str:
        """base64url(token@provider) without padding."""
        raise NotImplementedError

    def link(self, page: str) -> str:
        """`page` with the parameters token and providerDomain appended."""
        raise NotImplementedError


class Acceptance(msgspec.Struct, frozen=True, rename="camel"):
    """The body of POST {endPoint}/invite-accepted."""

    recipient_provider: str
    token: str
    user_id: str = msgspec.field(name="userID")
    email: str = ""
    name: str = ""


class Identity(msgspec.Struct, frozen=True):
    """The inviting user, in the answer to an acceptance."""

    user_id: str = msgspec.field(name="userID")
    email: str
    name: str
