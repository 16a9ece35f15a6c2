"""Accidents of the network: callables asked, in order, for each message and each answer.

A plug-in offers `build(**options) -> Fault`. The first verdict that is not PASS wins. `rng` is
the fault's own seeded stream.
"""

import inspect
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, get_args

import msgspec

from meshsim import plugins
from meshsim.wire import Exchange, Request, Response


class Envelope(msgspec.Struct, frozen=True):
    """A message on its way. `response` is None on the way there, the answer on the way back."""

    number: int
    """Counts the exchanges of the run."""
    source: str
    target: str
    time: float
    """True time, seconds since the Unix epoch."""
    elapsed: float
    """Seconds since the run began."""
    request: Request
    response: Response | None = None


class Pass(msgspec.Struct, frozen=True):
    """Nothing happens."""


class Drop(msgspec.Struct, frozen=True):
    """The message is lost; the caller waits until its timeout, or learns it at once if `refused`."""

    refused: bool = False


class Delay(msgspec.Struct, frozen=True):
    """The message arrives that many seconds later."""

    seconds: float


class Duplicate(msgspec.Struct, frozen=True):
    """The request arrives once more, that many seconds after the first; its second answer is lost."""

    after: float = 0.0


class Answer(msgspec.Struct, frozen=True):
    """This answer takes the place of the peer's. On the way there, the peer never hears."""

    response: Response


class Crash(msgspec.Struct, frozen=True):
    """The host goes down as the message reaches its receiver, and the message with it."""

    host: str
    restart_after: float | None = None
    """Seconds until it is up again; None: it stays down."""


Verdict = Pass | Drop | Delay | Duplicate | Answer | Crash
PASS = Pass()

Fault = Callable[[Envelope, Random], Verdict]


def befall(faults: Iterable[tuple[str, Fault, Random]], envelope: Envelope, exchange: Exchange) -> Verdict:
    """What befalls a message: the verdict of the first fault that strikes, which its exchange remembers."""
    for name, fault, rng in faults:
        verdict = fault(envelope, rng)
        if not isinstance(verdict, Pass):
            exchange.faults += (name,)
            return verdict
    return PASS


class FaultError(ValueError):
    """A fault on the command line that cannot be understood."""


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """Read `NAME` or `NAME:OPTION=VALUE,OPTION=VALUE`; the name and what its `build` takes.

    Raises FaultError, which says what there is to choose from.
    """
    name, _, rest = text.partition(":")
    try:
        build = plugins.load("faults", name)
    except plugins.UnknownPlugin as error:
        raise FaultError(str(error)) from None
    kinds, required = options(build)
    given: dict[str, Any] = {}
    for item in filter(None, rest.split(",")):
        option, equals, value = item.partition("=")
        if not equals:
            raise FaultError(f"{name}: expected OPTION=VALUE, not {item!r}")
        if option not in kinds:
            raise FaultError(f"{name} has no option {option!r}; there are: {', '.join(kinds)}")
        if option in given:
            raise FaultError(f"{name}: {option} is given twice")
        try:
            given[option] = msgspec.convert(value, kinds[option], strict=False)
        except msgspec.ValidationError as error:
            raise FaultError(f"{name}: {option}={value}: {_said(error)}") from None
        if given[option] != given[option]:
            raise FaultError(f"{name}: {option}={value} is not a number")
    missing = [option for option in required if option not in given]
    if missing:
        raise FaultError(f"{name} needs {', '.join(missing)}")
    return name, given


def _said(error: msgspec.ValidationError) -> str:
    text = str(error).replace("`", "")
    return text[:1].lower() + text[1:]


def options(build: Callable[..., Fault]) -> tuple[dict[str, Any], list[str]]:
    """The options of a fault with their types, and those that cannot be left out."""
    kinds: dict[str, Any] = {}
    required: list[str] = []
    for name, parameter in inspect.signature(build).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            (shared,) = get_args(parameter.annotation)
            kinds |= shared.__annotations__
        else:
            kinds[name] = parameter.annotation
            if parameter.default is parameter.empty:
                required.append(name)
    return kinds, required
