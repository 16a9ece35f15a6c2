"""Pieces that mutants are made of: other words in a document, another answer, another service."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from meshsim.departure import Departure
from meshsim.network.hosts import Handler
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
    """An answer whose JSON is changed."""
    found = json.loads(octets(response.body) or b"null")
    found = change(found) or found
    return Response(response.status, {**response.headers, **headers}, json.dumps(found).encode())
