"""What can be wrong in OCM, and whose fault it is."""

from collections.abc import Sequence
from typing import Self

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One bad field: its path in the document ("protocol.webdav.uri") and what is wrong with it."""

    name: str
    message: str


class OcmError(Exception):
    """Anything this package refuses. `status` is the HTTP answer that fits it."""

    status = 400

    def __init__(
        self,
        message: str,
        problems: tuple[Problem, ...] = (),
        *,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems
        self.retry_after = retry_after
        """Seconds after which trying again makes sense, if that is known."""
        if status is not None:
            self.status = status

    @classmethod
    def naming(cls, *problems: Problem) -> Self:
        """The error that says what is wrong with each of these fields."""
        return cls(told(problems[:5]), problems)


def told(problems: Sequence[Problem]) -> str:
    """What is wrong with each of these fields, in one line."""
    return "; ".join(f"{problem.name}: {problem.message}" for problem in problems)


class RemoteError(OcmError):
    """The peer broke the protocol, or asked for what it may not have."""


class Unauthenticated(RemoteError):
    """It is not known, or not proven, who asks."""

    status = 401


class Forbidden(RemoteError):
    """It is known who asks, and they may not."""

    status = 403


class NotFound(RemoteError):
    """What is asked for is not here."""

    status = 404


class Conflict(RemoteError):
    """What is asked for contradicts what is already so."""

    status = 409


class Unsupported(RemoteError):
    """This server does not offer that."""

    status = 501


class Unavailable(RemoteError):
    """What was asked cannot be judged just now; asking again makes sense."""

    status = 503


class KeyMissing(Unauthenticated):
    """The key that would prove who asks cannot be had."""


class UnknownToken(RemoteError):
    """No such invite was issued."""


class UnknownRecipient(RemoteError):
    """Nobody here has the name that a share is for."""


class UnknownShare(Unauthenticated):
    """What a credential was shown for is not there; who asks learns no more than that it opens nothing."""


class LocalError(OcmError):
    """Our own user asked for something that cannot be."""


class PeerError(OcmError):
    """A peer that we called failed, refused, or could not be reached.

    `answered` is the peer's status, or None when there was no answer. `certain` says that the
    peer has surely not acted on the request.
    """

    status = 502

    def __init__(self, message: str, *, answered: int | None = None, certain: bool = True) -> None:
        super().__init__(message)
        self.answered = answered
        self.certain = certain
