"""The six-request flow as most would write it: Starlette applications, called by httpx over ASGITransport.

What the applications do is what the limit does (`direct.py`); the difference is the HTTP in between.
"""

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from loadtests.peers import AT_ONCE, direct

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def application(site: direct.Site) -> Starlette:
    """One provider's routes."""

    def post(handle: Callable[[bytes], bytes], status: int) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return Response(handle(await request.body()), status, media_type="application/json")

        return endpoint

    async def dav(request: Request) -> Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        body = site.dav(request.method, request.path_params["share"], token)
        return Response(body, 207 if request.method == "PROPFIND" else 200)

    return Starlette(
        routes=[
            Route("/ocm/invite_accepted", post(site.invite_accepted, 200), methods=["POST"]),
            Route("/ocm/shares", post(site.shares, 201), methods=["POST"]),
            Route("/ocm/token", post(site.token, 200), methods=["POST"]),
            Route("/ocm/notifications", post(site.notifications, 201), methods=["POST"]),
            Route("/dav/ocm/{share}", dav, methods=["GET", "PROPFIND"]),
        ]
    )


def prepare(signed: bool) -> Callable[[int], None]:
    """See `loadtests.peers`. Unsigned only."""
    if signed:
        raise ValueError("the peer is measured unsigned")
    alpha, beta = direct.Site(ALPHA, bytes(32)), direct.Site(BETA, bytes([1] * 32))
    clients = {
        site.host: httpx.AsyncClient(
            transport=httpx.ASGITransport(application(site)), base_url=f"https://{site.host}"
        )
        for site in (alpha, beta)
    }
    loop = asyncio.new_event_loop()

    async def ask(host: str, method: str, path: str, body: bytes = b"", token: str = "") -> bytes:
        headers = {"authorization": f"Bearer {token}"} if token else {"content-type": "application/json"}
        answer = await clients[host].request(method, path, content=body, headers=headers)
        answer.raise_for_status()
        return answer.content

    async def six_requests(number: int) -> None:
        flow = direct.Flow(alpha, beta, number)
        flow.invited(await ask(ALPHA, "POST", "/ocm/invite_accepted", flow.acceptance()))
        await ask(BETA, "POST", "/ocm/shares", flow.share())
        token = flow.token(await ask(ALPHA, "POST", "/ocm/token", flow.code()))
        path = f"/dav/ocm/{flow.provider_id}"
        flow.found(await ask(ALPHA, "PROPFIND", path, token=token))
        flow.read(await ask(ALPHA, "GET", path, token=token))
        await ask(ALPHA, "POST", "/ocm/notifications", flow.accepted())

    async def flows(first: int) -> None:
        await asyncio.gather(*(six_requests(number) for number in range(first, first + AT_ONCE)))

    def run(first: int) -> None:
        loop.run_until_complete(flows(first))

    weakref.finalize(run, loop.close)
    return run
