"""A real site by its URL: discovery, keys and bad input, with nothing but requests of our own.

Requests are counted, and there is a limit to them; `who` we are stands in User-Agent.
"""

import secrets
import time
from typing import Any

import httpx

from conformance import Unsupported
from conformance.record import Handler
from conformance.targets import Misuse, Wants
from meshsim import __version__
from meshsim.wire import NetworkError, Request, Response, octets

BUDGET = 2000
"""Requests of one run."""

LONGEST = 5.0
"""Seconds of real time that a test may wait."""

LIMIT = 10.0
MAX_BODY = 4 * 1024 * 1024
AGENT = f"meshsim-conformance/{__version__}"


class Url:
    """A site that somebody else runs."""

    real = True

    def __init__(self, text: str, users: tuple[str, ...]) -> None:
        url = httpx.URL(text)
        if url.scheme not in ("http", "https") or not url.host or url.path not in ("", "/") or url.query:
            raise Misuse(f"{text!r} is not the address of a site: write https://host or https://host:port")
        self.name = text
        self.scheme = url.scheme
        self.host = url.netloc.decode()
        self.users = users
        self.sent = 0
        self.client = httpx.Client(timeout=LIMIT, follow_redirects=False, headers={"user-agent": AGENT})

    def open(self, test: str, wants: Wants) -> "Session":
        """One test; nothing is configured, what the site does not advertise is unsupported."""
        return Session(self)

    def secrets(self) -> set[str]:
        """None that the suite did not see itself."""
        return set()


class Session:
    """One test's way to a real site."""

    def __init__(self, target: Url) -> None:
        self.target = target
        self.host, self.scheme, self.users = target.host, target.scheme, target.users

    def send(self, source: str, request: Request) -> Response:
        """The answer; its body is read up to a limit."""
        if self.target.sent >= BUDGET:
            raise Unsupported(f"the budget of {BUDGET} requests is spent")
        self.target.sent += 1
        try:
            with self.target.client.stream(
                request.method, request.url, headers=dict(request.headers), content=octets(request.body)
            ) as answer:
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > MAX_BODY:
                        raise NetworkError("an answer of more than 4 MiB")
                return Response(answer.status_code, dict(answer.headers), content)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NetworkError(f"{type(error).__name__}: {error}") from error

    def listen(self, name: str, answer: Handler) -> str:
        """Only a URL was given."""
        raise Unsupported("the site cannot reach the suite: give a --peer")

    def act(self, verb: str, *args: Any) -> Any:
        """Only a URL was given."""
        raise Unsupported("nobody makes the site's users act: give a --driver")

    def wait(self, seconds: float) -> None:
        """Real time, if it is short."""
        if seconds > LONGEST:
            raise Unsupported(f"takes {seconds:.0f} s of real time")
        time.sleep(seconds)

    def settle(self) -> None:
        """Nothing can come."""

    def now(self) -> float:
        """The clock of this machine."""
        return time.time()

    def secret(self) -> str:
        """From the system."""
        return secrets.token_hex(24)

    def close(self) -> None:
        """Nothing was left behind."""


def build(text: str, *, peer: str | None = None, driver: str | None = None, users: Any = None) -> Url:
    """Misuse for what is no address, and for what is not there yet."""
    if peer or driver:
        raise Misuse("a peer or a driver for real sites is not built yet; leave --peer and --driver out")
    return Url(text, tuple(users or ()))
