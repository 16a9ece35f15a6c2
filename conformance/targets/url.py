"""A real site by its URL: with requests of our own, servers that it can reach, and people who act there.

Without a `peer` there are discovery, keys and bad input; without a `driver` nobody acts. Requests are
counted, and there is a limit to them; who we are stands in User-Agent. What a test leaves is taken back.
"""

import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance import Blocked, Unsupported, catalogue, drivers
from conformance.peer import LEGACY, WELL_KNOWN, Answer, Peer, Site, parse
from conformance.reach import LIMIT, Reach
from conformance.record import Handler, Recorder, Refused, body
from conformance.targets import Misuse, Wants
from conformance.tidying import tidy
from meshsim.wire import NetworkError, Request, Response

BUDGET = 4000
"""Requests of one run, those of a driver among them."""

LONGEST = 5.0
"""Seconds of real time that a test may wait."""

PATIENCE = 15.0
"""Seconds in which a site must have said what it has to say, however slow it is."""

DENIED = ("401", "403")
"""How a refusal begins that is one of the password."""

UNKNOWN = (400, 404)
"""Answers to a share for somebody who does not live there (wire.md section 8, 9)."""

SILENT = 3
"""Requests in a row without an answer in time, after which none is waited for."""


class Url:
    """A site that somebody else runs."""

    real = True

    def __init__(self, text: str, reach: Reach, users: Mapping[str, str], driver: str | None) -> None:
        self.name = text
        self.scheme = urlsplit(text).scheme
        self.host = reach.host
        self.reach = reach
        self.passwords = users
        self.sent = 0
        self.silent = 0
        self.plain = False
        """Whether it is tried out over http, in a network that is not public."""
        self.version = catalogue.NEWEST
        self.unreached = ""
        """Why the site seems not to reach our servers."""
        self.driver = drivers.load(driver, self) if driver else None
        self.users = tuple(users) or (self.driver.users if self.driver else ())

    def open(self, test: str, wants: Wants) -> "Session":
        """One test; nothing is configured, what the site does not advertise is unsupported."""
        return Session(self)

    def prepare(self) -> None:
        """Misuse with the reason if there is nobody to examine; asks for the discovery document once."""
        public = self.reach.look_up()
        self.plain = self.scheme == "http" and not public
        try:
            for path in (WELL_KNOWN, *LEGACY):
                answer = self.call(Request("GET", f"{self.scheme}://{self.host}{path}"))
                if answer.status == 200:
                    self.version = catalogue.claimed(parse(body(answer)))
                    break
        except NetworkError as error:
            if not error.sent:
                hint = " (give the authority that vouches for it with --ca)" if "TLS" in error.reason else ""
                told = f"nobody answers at {self.name}: {error.reason}{hint}"
                raise Misuse(f"{told}; what to do says: meshsim doctor {self.name}") from error
            return
        self._sign_in()
        if self.reach.peers is not None:
            self.unreached = self._reached()

    def _sign_in(self) -> None:
        """Misuse if the driver's users cannot: everything that they do would be refused."""
        sign_in = getattr(self.driver, "sign_in", None)
        known = [user for user, password in self.passwords.items() if password]
        for user in known if sign_in else ():
            try:
                sign_in(user)
            except Refused as error:
                if str(error).startswith(DENIED):
                    raise Misuse(
                        f"--login: {self.name} does not let {user} sign in ({error}); write NAME:PASSWORD as "
                        "they sign in at the site"
                    ) from error
            except NetworkError:
                return  # what is judged will say so
        if sign_in and known and self.users[0] not in known:
            raise Misuse(f"{self.users[0]} is to act, and has no password: add a line to the file of --login")

    def _reached(self) -> str:
        """Offer a share to nobody: a site that can will ask who we are, before or after it refuses.

        Then one to whom we were told of: if it fares alike, there is no such user.
        """
        link = Recorder(Session(self), "prepare", [])
        peer: Peer | None = None
        try:
            site, peer = Site(link), Peer(link, "peer.example.net")
            peer.stranger, peer.facing = True, self.version
            nobody = f"nobody-{link.identifier()}"
            answer = peer.post(site.url("shares"), peer.share(site, nobody))
            link.settle()
            if peer.received or answer.status_code == 201:
                return self._unknown(site, peer, nobody, answer)
        except Blocked:
            return ""
        finally:
            tidy(link, [peer] if peer else [])
            link.close()
        return f"the site was called by {peer.host} and did not ask there who that is; can it? {answer!r}"

    def _unknown(self, site: Site, peer: Peer, nobody: str, answer: Answer) -> str:
        """Why our recipient seems not to live there; "" if nothing says so."""
        if not self.users or answer.status_code not in UNKNOWN:
            return ""
        user = self.users[0]
        other = peer.post(site.url("shares"), peer.share(site, user))
        if (other.status_code, other.text.replace(user, nobody)) != (answer.status_code, answer.text):
            return ""
        return (
            f"the site answers a share for {user} as one for somebody who was made up: is that the name in "
            f"their OCM address? Give it with --user. {other!r}"
        )

    def call(self, request: Request) -> Response:
        """The answer to a request, which is counted; NetworkError."""
        if self.sent >= BUDGET:
            raise Unsupported(f"the budget of {BUDGET} requests is spent")
        if self.silent >= SILENT:
            raise NetworkError(f"not asked: {SILENT} requests in a row had no answer within {LIMIT:.0f} s")
        self.sent += 1
        try:
            answer = self.reach.send(request)
        except NetworkError as error:
            self.silent = self.silent + 1 if error.reason == "timeout" else 0
            raise
        self.silent = 0
        return answer

    def ask(self, text: str) -> str | None:
        """What somebody at the keyboard answers; our servers answer meanwhile."""
        return self.reach.ask(text)

    def secrets(self) -> set[str]:
        """What people sign in with."""
        return {password for password in self.passwords.values() if password}

    def close(self) -> None:
        """Let go of ports and connections."""
        self.reach.close()


class Session:
    """One test's way to a real site."""

    def __init__(self, target: Url) -> None:
        self.target = target
        self.host, self.scheme, self.users = target.host, target.scheme, target.users
        self._closing: list[Any] = []
        self._home = drivers.Home(target.driver, f"conformance-{secrets.token_hex(4)}")

    def send(self, source: str, request: Request) -> Response:
        """The answer; its body is read up to a limit."""
        return self.target.call(request)

    def listen(self, name: str, answer: Handler) -> str:
        """A server of ours, at a port or name that is new to the site."""
        if self.target.reach.peers is None:
            raise Unsupported("the site cannot reach the suite: give a --peer")
        if self.target.unreached:
            raise Blocked(self.target.unreached)
        host, close = self.target.reach.listen(answer)
        self._closing.append(close)
        return host

    def act(self, verb: str, *args: Any) -> Any:
        """By the driver."""
        if self.target.driver is None:
            raise Unsupported("nobody makes the site's users act: give a --driver")
        if verb in drivers.PATHS:
            user, path, *more = args
            args = (user, self._home.path(user, path), *more)
        return drivers.act(self.target.driver, verb, *args)

    def wait(self, seconds: float) -> None:
        """Real time, if it is short."""
        if seconds > LONGEST:
            raise Unsupported(f"takes {seconds:.0f} s of real time")
        self.target.reach.wait(seconds)

    def settle(self) -> None:
        """Until the site is silent."""
        if self.target.reach.peers is not None:
            self.target.reach.settle(PATIENCE)

    def now(self) -> float:
        """The clock of this machine."""
        return time.time()

    def secret(self) -> str:
        """From the system."""
        return secrets.token_hex(24)

    def close(self) -> None:
        """Remove the files of this test, and close its servers."""
        with suppress(Refused, Unsupported):
            self._home.close()
        for close in self._closing:
            close()
        if failures := self.target.reach.sockets.failures:
            raise failures.pop()


def build(
    text: str,
    *,
    peer: str | None = None,
    driver: str | None = None,
    users: Any = None,
    login: str | None = None,
    ca: str | None = None,
    certificate: str | None = None,
) -> Url:
    """Misuse says what is wrong, and what to write instead."""
    url = urlsplit(text)
    host = url.netloc.lower().removesuffix({"http": ":80", "https": ":443"}[url.scheme])
    try:
        wrong = not url.hostname or url.port == 0 or "@" in host or not host.isprintable() or " " in host
    except ValueError:
        wrong = True
    if wrong or url.path not in ("", "/") or url.query or url.fragment:
        raise Misuse(f"{text!r} is not the address of a site: write https://host or https://host:port")
    if peer and url.scheme == "https" and not certificate:
        raise Misuse(
            "the site speaks https, and calls its peers so: give --peer-cert FILE, a PEM file with a "
            "certificate that the site trusts, and its key"
        )
    if peer and url.scheme == "http" and certificate:
        raise Misuse("the site speaks http, and calls its peers so: leave --peer-cert out")
    return Url(
        text, Reach(host, peer=peer, certificate=certificate, authority=ca), people(users, login), driver
    )


def people(users: Iterable[str] | None, login: str | None) -> dict[str, str]:
    """Who was named comes first, and has the password of the file if it has one. Misuse."""
    return {**dict.fromkeys(users or (), ""), **(passwords(login) if login is not None else {})}


def passwords(file: str) -> dict[str, str]:
    """A file of NAME:PASSWORD lines; whoever comes first acts most. Misuse."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"--login {file}: {error}") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, colon, password = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not colon or not name.strip():
            raise Misuse(f"--login {file}, line {number}: write NAME:PASSWORD")
        found[name.strip()] = password
    return found
