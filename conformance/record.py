"""What a test sees of the world: recorded as it happens, and played back from a bundle.

A test reaches the site only through its `Session`, so whatever it learns is a step here. Played back,
the same test function gets the same answers in the same order and comes to its verdict again.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import msgspec

from conformance import Blocked, Unsupported
from meshsim.wire import NetworkError, Request, Response, octets

Handler = Callable[[Request], Response]
T = TypeVar("T")
STOPS = {"Unsupported": Unsupported, "Blocked": Blocked}


class Refused(Exception):
    """The site did not let its user do it, or could not."""


class Differs(Exception):
    """A test played back does something else than when it was recorded."""


class Seen(msgspec.Struct):
    """One exchange between the suite and the site. `by_site` is True if the site made the request."""

    number: int
    source: str
    target: str
    by_site: bool
    request: Request
    started: float
    response: Response | None = None
    ended: float | None = None
    error: str = ""
    test: str = ""
    facts: dict[str, Any] = {}
    """What can be told of the message only while nothing is masked: whether its signature verifies."""


class Step(msgspec.Struct):
    """One thing a test asked for, what it got, and the exchanges the site made meanwhile."""

    kind: str
    told: Any = None
    """What was asked, as far as it must be the same again."""
    value: Any = None
    refused: str | None = None
    stopped: tuple[str, str] | None = None
    """Unsupported or Blocked, and why."""
    exchange: int | None = None
    inbound: list[int] = []


class Session(Protocol):
    """One test's way to the site. Targets offer it; see `targets`."""

    host: str
    """host or host:port of the site."""
    scheme: str
    users: tuple[str, ...]
    """Who lives there and takes part; empty if nobody is known."""

    def send(self, source: str, request: Request) -> Response:
        """The site's answer to a request from `source`; NetworkError."""
        ...

    def listen(self, name: str, answer: Handler) -> str:
        """Let `answer` be a server that the site can reach; its host. Unsupported if it cannot."""
        ...

    def act(self, verb: str, *args: Any) -> Any:
        """Something a user of the site does (see `drivers`); Refused, Unsupported."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass, also for the site; Unsupported if that is too long for real time."""
        ...

    def settle(self) -> None:
        """Return when the site has most likely said what it had to say."""
        ...

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    def secret(self) -> str:
        """A new unguessable text."""
        ...

    def close(self) -> None:
        """Clean up."""
        ...


class Recorder:
    """A live session whose steps are kept."""

    def __init__(self, session: Session, test: str, exchanges: list[Seen]) -> None:
        self.session = session
        self.test = test
        self.exchanges = exchanges
        """Of the whole run; this test adds its own."""
        self.steps: list[Step] = []
        self.secrets: set[str] = set()
        self._inbound: list[int] = []
        self.host, self.scheme, self.users = session.host, session.scheme, session.users

    def send(self, source: str, request: Request) -> Seen:
        """The exchange, with the answer or the reason why none came."""
        seen = self._begin(source, self.host, request, by_site=False)
        try:
            seen.response = self._unless_stopped("send", lambda: self.session.send(source, request))
        except NetworkError as error:
            seen.error = error.reason
        seen.ended = self.session.now()
        self._step("send", [request.method, request.url], exchange=seen.number)
        return seen

    def listen(self, name: str, answer: Handler, received: list[Seen]) -> str:
        """Let `answer` be a server; what it is asked is appended to `received`."""

        def answered(request: Request) -> Response:
            seen = self._begin(self.host, host, request, by_site=True)
            seen.response = answer(request)
            seen.ended = self.session.now()
            self._inbound.append(seen.number)
            received.append(seen)
            return seen.response

        host = self._unless_stopped("listen", lambda: self.session.listen(name, answered))
        self._step("listen", name, host)
        return host

    def act(self, verb: str, *args: Any) -> Any:
        """Something a user of the site does; Refused."""
        try:
            made = self._unless_stopped("act", lambda: self.session.act(verb, *args), [verb, args])
            value = msgspec.to_builtins(made)
        except Refused as error:
            self._step("act", [verb, args], refused=str(error))
            raise
        self._step("act", [verb, args], value)
        return value

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._unless_stopped("wait", lambda: self.session.wait(seconds))
        self._step("wait", seconds)

    def settle(self) -> None:
        """Let the site say what it has to say."""
        self.session.settle()
        self._step("settle")

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return self.fact(self.session.now)

    def secret(self) -> str:
        """A new unguessable text, which no report tells."""
        value = self.session.secret()
        self.secrets.add(value)
        self._step("secret", value=value)
        return value

    def identifier(self) -> str:
        """A new text that nobody else uses, and no secret."""
        return str(self.fact(lambda: self.session.secret()[:12]))

    def fact(self, compute: Callable[[], Any]) -> Any:
        """What is computed from things that a bundle does not hold."""
        value = compute()
        self._step("fact", value=value)
        return value

    def close(self) -> None:
        """Clean up."""
        self.session.close()

    def _unless_stopped(self, kind: str, call: Callable[[], T], told: Any = None) -> T:
        try:
            return call()
        except (Unsupported, Blocked) as error:
            self._step(kind, told, stopped=(type(error).__name__, str(error)))
            raise

    def _begin(self, source: str, target: str, request: Request, *, by_site: bool) -> Seen:
        number = len(self.exchanges) + 1
        seen = Seen(number, source, target, by_site, request, self.session.now(), test=self.test)
        self.exchanges.append(seen)
        return seen

    def _step(self, kind: str, told: Any = None, value: Any = None, **more: Any) -> None:
        self.steps.append(Step(kind, told, value, inbound=self._inbound, **more))
        self._inbound = []


class Player:
    """The same, out of what was recorded."""

    def __init__(
        self, test: str, site: dict[str, Any], steps: list[Step], exchanges: dict[int, Seen]
    ) -> None:
        self.test = test
        self.steps = steps
        self.secrets: set[str] = set()
        self._next = iter(steps)
        self._exchanges = exchanges
        self._received: dict[str, list[Seen]] = {}
        self.host, self.scheme, self.users = site["host"], site["scheme"], tuple(site["users"])

    def send(self, source: str, request: Request) -> Seen:
        """The recorded exchange."""
        step = self._take("send")
        return self._exchanges[step.exchange or 0]

    def listen(self, name: str, answer: Handler, received: list[Seen]) -> str:
        """The host it had."""
        host: str = self._take("listen").value
        self._received[host] = received
        return host

    def act(self, verb: str, *args: Any) -> Any:
        """What came of it."""
        step = self._take("act", verb)
        if step.refused is not None:
            raise Refused(step.refused)
        return step.value

    def wait(self, seconds: float) -> None:
        """No time passes."""
        self._take("wait")

    def settle(self) -> None:
        """All is said."""
        self._take("settle")

    def now(self) -> float:
        """The time it was."""
        return float(self._take("fact").value)

    def secret(self) -> str:
        """The name that stands for it."""
        return str(self._take("secret").value)

    def identifier(self) -> str:
        """The one it was."""
        return str(self._take("fact").value)

    def fact(self, compute: Callable[[], Any]) -> Any:
        """What was found."""
        return self._take("fact").value

    def close(self) -> None:
        """Nothing to do."""

    def _take(self, kind: str, verb: str | None = None) -> Step:
        step = next(self._next, None)
        if step is None or step.kind != kind or (verb is not None and step.told[0] != verb):
            raise Differs(f"{kind} where {step.kind if step else 'nothing'} was recorded")
        for number in step.inbound:
            seen = self._exchanges[number]
            self._received[seen.target].append(seen)
        if step.stopped is not None:
            raise STOPS[step.stopped[0]](step.stopped[1])
        return step


Link = Recorder | Player
"""What the fixtures are made of."""


def body(message: Request | Response) -> bytes:
    """The octets of a message."""
    return octets(message.body)
