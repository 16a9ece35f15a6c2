"""Pieces that mutants are made of: other words in a document, another answer, another service."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from meshsim.departure import Departure
from meshsim.network.hosts import Handler
from meshsim.ocm.signatures import SignatureError
from meshsim.site.opening import Opening
from meshsim.wire import Request, Response, octets

Change = Callable[[dict[str, Any]], Any]


def says(kind: str, change: Change) -> Departure:
    """Documents of that kind (discovery, share, notification, acceptance) are changed as they leave."""

    def profile(kept):  # type: ignore[no-untyped-def]
        speak = kept.dialect.speak

        def spoken(what, document, *more):  # type: ignore[no-untyped-def]
            said = json.loads(json.dumps(speak(what, document, *more)))
            if what == kind:
                return change(said) or said
            return said

        return replace(
            kept, dialect=replace(kept.dialect, speak=spoken, speaks_plain=lambda peer: frozenset())
        )

    return Departure(profile=profile)


def hears(kind: str, change: Change) -> Departure:
    """Documents of that kind are changed before they are understood."""

    def profile(kept):  # type: ignore[no-untyped-def]
        hear = kept.dialect.hear

        def heard(what, document, *more):  # type: ignore[no-untyped-def]
            if what == kind:
                document = dict(document)
                document = change(document) or document
            return hear(what, document, *more)

        plain = kept.dialect.plain - {kind}
        return replace(kept, dialect=replace(kept.dialect, hear=heard, plain=plain))

    return Departure(profile=profile)


def answers(path: str, change: Callable[[Request, Response], Response | None], method: str = "") -> Departure:
    """Answers at paths that begin so are changed; None leaves one as it is."""

    def face(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            response = await handler(request)
            if request.target.path.startswith(path) and method in ("", request.method):
                return change(request, response) or response
            return response

        return handle

    return Departure(face=face)


def settings(**changed: Any) -> Departure:
    """Fields of the profile."""
    return Departure(profile=lambda kept: replace(kept, **changed))


def serves(**services: Callable[..., Any]) -> Departure:
    """Services that stand in for the site's own."""
    return Departure(profile=lambda kept: replace(kept, services={**kept.services, **services}))


def closes(failed: Callable[[str, Response], bool]) -> Departure:
    """A share is closed for good by one answer that `failed`; it is given the path and the answer."""

    class Careless(Opening):
        def __init__(self, site: Any) -> None:
            super().__init__(site)
            self.closed: set[str] = set()

        async def request(self, user: str, key: str, method: str, path: str = "", **options: Any) -> Response:
            if key in self.closed:
                return Response(503)
            response = await super().request(user, key, method, path, **options)
            if failed(path, response):
                self.closed.add(key)
            return response

    return serves(opening=Careless)


def calls(change: Callable[[Request], Request]) -> Departure:
    """Every request of the site is changed as it leaves."""

    def ports(kept):  # type: ignore[no-untyped-def]
        class Network:
            async def send(self, request: Request, timeout: float = 10.0) -> Response:
                answer: Response = await kept.network.send(change(request), timeout)
                return answer

        return replace(kept, network=Network())

    return Departure(ports=ports)


def document(response: Response, change: Callable[[Any], Any], headers: Mapping[str, str] = {}) -> Response:
    """An answer whose JSON is changed; a refusal has none of the document and stays."""
    if response.status >= 400:
        return response
    found = json.loads(octets(response.body) or b"null")
    found = change(found) or found
    return Response(response.status, {**response.headers, **headers}, json.dumps(found).encode())


def receives(
    path: str, change: Callable[[Request], Request | Response | None], method: str = ""
) -> Departure:
    """Requests at paths that begin so are changed before anything looks at them, or answered in its place."""

    def face(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if request.target.path.startswith(path) and method in ("", request.method):
                changed = change(request)
                if isinstance(changed, Response):
                    return changed
                request = changed or request
            return await handler(request)

        return handle

    return Departure(face=face)


def relabelled(message: Request, headers: Mapping[str, str | None]) -> Request:
    """A request with other headers; None takes one away."""
    kept = {name: value for name, value in {**message.headers, **headers}.items() if value is not None}
    return Request(message.method, message.url, kept, message.body, message.remote)


def reads(signed: Callable[[Callable[..., Any], Mapping[str, str]], Any]) -> Departure:
    """Signatures are read by `signed`, which is given how the site reads them, and the header."""

    def profile(kept):  # type: ignore[no-untyped-def]
        signing = kept.dialect.signing
        other = replace(signing, signed=lambda headers: signed(signing.signed, headers))
        return replace(kept, dialect=replace(kept.dialect, signing=other))

    return Departure(profile=profile)


def takes_without(component: str) -> Departure:
    """A signature is as good without that component."""

    def signed(read: Callable[..., Any], headers: Mapping[str, str]) -> Any:
        try:
            return read(headers)
        except SignatureError:
            # As if it were covered: what is read is what is verified.
            told = headers.get("signature-input", "")
            added = told.replace("=(", f'=("{component}" ', 1)
            found = read({**headers, "signature-input": added})
            return None if found is None else Less(found, component)

    return reads(signed)


class Less:
    """A signature from which one component is missing."""

    def __init__(self, found: Any, component: str) -> None:
        self.keyid = found.keyid
        covered = tuple(name for name in found.covered if name != component)
        self._found = replace(found, covered=covered, params=found.params.replace(f'"{component}" ', "", 1))

    def verify(self, request: Request, key: Any, now: float) -> None:
        """As it was made."""
        self._found.verify(request, key, now)
