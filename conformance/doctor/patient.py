"""The site that is looked at: what is known of it so far, and how it is asked.

It is asked by `Reach`, so no redirect is followed, no answer is without a limit, and what a public site says
of itself leads nobody into a network that is not public.
"""

import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from conformance import catalogue
from conformance.reach import Reach
from conformance.targets import Misuse
from meshsim.wire import NetworkError, Request, Response

LIMIT = 5.0
"""Seconds for a name, a connection or a handshake."""

PORTS = {"http": 80, "https": 443}
Lookup = Callable[[str, int], list[str]]


class Missing(Exception):
    """What a check needs is not there; says what."""


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a name; OSError."""
    # The system's resolver takes no limit, and may take half a minute to give up.
    pool = ThreadPoolExecutor(1)
    try:
        infos = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(LIMIT)
    except TooLong as error:
        raise OSError(f"no answer within {LIMIT:.0f} s") from error
    except UnicodeError as error:
        raise OSError("it is no name") from error
    finally:
        pool.shutdown(wait=False)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


class Patient:
    """One site. `peer` and `certificate` are those of `meshsim check`."""

    def __init__(
        self,
        url: str,
        *,
        ca: str | None = None,
        peer: str | None = None,
        certificate: str | None = None,
        lookup: Lookup = look_up,
        ports: Mapping[str, int] = PORTS,
    ) -> None:
        self.url = url
        parts = urlsplit(url)
        try:
            wrong = parts.scheme not in PORTS or not parts.hostname or parts.port == 0 or "@" in parts.netloc
            self.port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            wrong = True
        if wrong or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise Misuse(f"{url!r} is not the address of a site: write https://host or https://host:port")
        self.scheme = parts.scheme
        self.name = parts.hostname or ""
        self.host = parts.netloc.lower().removesuffix(f":{PORTS[self.scheme]}")
        """host or host:port, as peers write it."""
        self.base = f"{self.scheme}://{self.host}"
        self.ca, self.peer, self.certificate = ca, peer, certificate
        self.lookup = lookup
        self.ports = ports
        """What a scheme's port is where the URL names none."""
        self.reach = Reach(self.host, authority=ca)
        self.timer = time.perf_counter

    def close(self) -> None:
        """Let go of all connections."""
        self.reach.close()

    # The network

    @cached_property
    def addresses(self) -> list[str]:
        """All addresses of the name; Missing if it has none."""
        try:
            found = self.lookup(self.name, self.port)
        except OSError as error:
            raise Missing(f"{self.name} has no address: {error.strerror or error}") from error
        if not found:
            raise Missing(f"{self.name} has no address")
        return found

    @cached_property
    def refused(self) -> dict[str, str]:
        """Why no connection could be made, by address; empty for one that answers."""
        return {address: self.connects(address, self.port) for address in self.addresses}

    def connects(self, address: str, port: int) -> str:
        """Why no connection can be made there; "" if one can."""
        try:
            socket.create_connection((address, port), LIMIT).close()
        except OSError as error:
            return error.strerror or str(error)
        return ""

    @property
    def reached(self) -> str:
        """An address that takes connections; Missing."""
        there = [address for address, reason in self.refused.items() if not reason]
        if not there:
            raise Missing(f"nobody takes connections at port {self.port}")
        return there[0]

    def shake(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """A TLS connection, which the caller closes; OSError (ssl.SSLError is one)."""
        if self.scheme != "https":
            raise Missing("the URL is http, so there is no TLS")
        connection = socket.create_connection((self.reached, self.port), LIMIT)
        try:
            return context.wrap_socket(connection, server_hostname=self.name)
        except BaseException:
            connection.close()
            raise

    # The site

    @cached_property
    def public(self) -> bool:
        """Whether it is on the public Internet; then nothing it says leads anywhere else."""
        try:
            return self.reach.look_up()
        except Misuse as error:
            raise Missing(str(error)) from error

    def ask(self, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Response:
        """What is answered at a URL or path of the site; Missing if nobody answers, or elsewhere."""
        url = url if "://" in url else self.base + url
        if urlsplit(url).scheme not in PORTS:
            raise Missing(f"{url} is no URL that can be asked")
        if not self.public and urlsplit(url).hostname != self.name:
            raise Missing(f"{url} is at another host, which is not asked from here")
        named = {"accept": "application/json", **{n.replace("_", "-"): v for n, v in headers.items()}}
        if body or method == "POST":
            named["content-length"] = str(len(body))
        _ = self.reached
        try:
            return self.reach.send(Request(method, url, named, body))
        except (NetworkError, ValueError) as error:
            raise Missing(f"{method} {url}: {getattr(error, 'reason', error)}") from error

    @cached_property
    def discovery(self) -> Response:
        """What /.well-known/ocm answers; Missing."""
        return self.ask("/.well-known/ocm")

    @cached_property
    def document(self) -> dict[str, Any]:
        """The discovery document, as it is; Missing."""
        if self.discovery.status != 200:
            raise Missing(f"/.well-known/ocm answers {self.discovery.status}")
        found = parse(self.discovery)
        if not isinstance(found, dict):
            raise Missing("the discovery document is no JSON object")
        return found

    @property
    def version(self) -> tuple[int, int]:
        """The version of the API that the document claims; Missing."""
        return catalogue.claimed(self.document)

    def member(self, name: str) -> str:
        """A URL in the document; Missing."""
        found = self.document.get(name)
        if not isinstance(found, str) or "://" not in found:
            raise Missing(f"the document has no {name}")
        return found

    def lists(self, name: str) -> list[str]:
        """capabilities or criteria; Missing if that is no list of words."""
        found = self.document.get(name, [])
        if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
            raise Missing(f"{name} is no list of words")
        return found


def parse(answer: Response) -> Any:
    """Its JSON; None if it is none."""
    try:
        return json.loads(bytes(answer.body))  # type: ignore[arg-type]
    except (ValueError, RecursionError):
        return None
