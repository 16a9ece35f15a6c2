"""Who may do what at a site: pure functions of facts gathered before they are asked.

A plug-in offers `build(**options) -> Policy`. It names what it needs to know beyond the request itself,
and that is found out only when its turn comes: what is cheap to refuse is written first.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from meshsim.ocm.keys import PublicKey

T = TypeVar("T")


class Need(msgspec.Struct, Generic[T], frozen=True):
    """Something a site finds out about a request for the policies that ask for it."""


class Proof(msgspec.Struct, frozen=True):
    """A signature that verified."""

    host: str
    key: PublicKey


class Signer(Need[Proof | None], frozen=True):
    """Who proved to have sent it; None if it is not signed. A signature that fails is refused at once."""


class Invited(Need[bool], frozen=True):
    """Whether sender and recipient have exchanged an invite."""


class Member(Need[bool | None], frozen=True):
    """Whether a directory that the site polls has the server; None if no list could be had."""


class Pinned(Need[str], frozen=True):
    """Thumbprint of the key that the server first came with; "" before."""


class PairKey(Need[bool | None], frozen=True):
    """Whether the key shown is one shared with that server; None if that cannot be known just now."""

    central: bool
    """Keys are polled from the central service; else they are from the site's own list."""


class ReverseNames(Need[tuple[str, ...] | None], frozen=True):
    """The names that the caller's address has; None if the name service gave no answer."""

    lifetime: float
    """Seconds for which an answer is kept."""


class Addresses(Need[tuple[str, ...] | None], frozen=True):
    """The addresses of the server named; None if the name service gave no answer."""

    lifetime: float
    """Seconds for which an answer is kept."""


class Forwarded(Need[str], frozen=True):
    """What X-Forwarded-For says; anybody can write that."""


class Room(Need[float], frozen=True):
    """Seconds until the caller has room for one more request; 0.0 if it has, and then it is taken."""

    rate: float
    """Requests a second that each caller always has."""
    burst: int
    """How many of them at once."""
    spare: float
    """Requests a second that all may have beyond that, first come, first served."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What is known of a request when it is judged."""

    endpoint: str
    """"shares", "invite-accepted", "notifications", "token", "register"; "call" if we are to call it."""
    peer: str
    """The host the request claims to come from, or goes to."""
    remote: str
    """The address it was seen to come from."""
    now: float
    known: Mapping[Need[Any], Any] = {}
    """What was found out for this policy and those before it."""

    def __getitem__(self, need: Need[T]) -> T:
        found: T = self.known[need]
        return found


class Decision(msgspec.Struct, frozen=True, gc=False):
    """Admitted, or refused with the status and the reason for it."""

    admit: bool
    status: int = 200
    reason: str = ""
    retry_after: int | None = None


ADMIT = Decision(True)
NOBODY = Decision(False, 403, "no policy admits this")


class Rule(msgspec.Struct, frozen=True):
    """One plug-in: a function of facts, and what it needs to be among them."""

    decide: Callable[[Facts], Decision]
    needs: tuple[Need[Any], ...] = ()


class Every(msgspec.Struct, frozen=True):
    """Admits what all of them admit; the first refusal is the answer."""

    policies: tuple["Policy", ...] = ()


class Some(msgspec.Struct, frozen=True):
    """Admits what one of them admits; the last refusal is the answer."""

    policies: tuple["Policy", ...] = ()


Policy = Rule | Every | Some
Steps = Generator[tuple[Need[Any], ...], Facts, Decision]


def judge(policy: Policy) -> Steps:
    """Yields what must be known next, is sent the facts with that among them, and returns the decision."""
    if isinstance(policy, Rule):
        facts = yield policy.needs
        return policy.decide(facts)
    decision = NOBODY if isinstance(policy, Some) else ADMIT
    for part in policy.policies:
        decision = yield from judge(part)
        if decision.admit is isinstance(policy, Some):
            break
    return decision


def decide(policy: Policy, facts: Facts) -> Decision:
    """The decision where all is known that the policy may ask for; KeyError if it is not."""
    steps = judge(policy)
    try:
        next(steps)
        while True:
            steps.send(facts)
    except StopIteration as end:
        decision: Decision = end.value
        return decision


Load = Callable[[str], Callable[..., Policy]]
Expression = str | Sequence[Any]
"""A name, (name, options), ("all", expression, ...) or ("any", expression, ...)."""


def compose(expression: Expression, load: Load) -> Policy:
    """The policy that an expression means; ValueError says which part of it means nothing."""
    match expression:
        case str():
            return load(expression)()
        case [str() as name, Mapping() as options] if name not in ("all", "any"):
            return load(name)(**options)
        case ["all", *parts]:
            return Every(tuple(compose(part, load) for part in parts))
        case ["any", *parts]:
            return Some(tuple(compose(part, load) for part in parts))
    raise ValueError(f'no policy: {expression!r}; a name, (name, options), ("all", ...) or ("any", ...)')


def demanded(expression: Expression) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The plug-ins, with their options, that whoever is admitted has passed."""
    match expression:
        case str():
            yield expression, {}
        case [str() as name, Mapping() as options]:
            yield name, options
        case ["all", *parts]:
            for part in parts:
                yield from demanded(part)
        case ["any", only]:
            yield from demanded(only)
