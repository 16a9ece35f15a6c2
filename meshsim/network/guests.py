"""Somebody else's ASGI or WSGI application as a host of the fabric.

Each request runs in a thread of its own, asyncio and all, while the kernel stands still: never are
both at work. A call the application makes through `MeshTransport` is handed to the kernel and
takes virtual time; sleeping in the application takes real time instead. Lifespan events are not sent.
"""

import asyncio
from collections.abc import AsyncIterable, Callable, Iterable
from queue import SimpleQueue
from threading import Thread
from typing import Any, cast

import httpx

from meshsim.network.hosts import Handler
from meshsim.network.kernel import Crashed, Work
from meshsim.network.transport import INSIDE, raw
from meshsim.wire import Request, Response, octets


def asgi_handler(app: Callable[..., Any]) -> Handler:
    """What to attach so that an ASGI application answers."""

    async def answer(request: Request, call: httpx.Request) -> Response:
        transport = httpx.ASGITransport(app=app, client=(request.remote, 0))
        response = await transport.handle_async_request(call)
        return _taken(response, [part async for part in cast(AsyncIterable[bytes], response.stream)])

    return _handler(lambda request, call: asyncio.run(answer(request, call)))


def wsgi_handler(app: Callable[..., Any]) -> Handler:
    """What to attach so that a WSGI application answers."""

    def answer(request: Request, call: httpx.Request) -> Response:
        transport = httpx.WSGITransport(app=app, remote_addr=request.remote)
        response = transport.handle_request(call)
        try:
            return _taken(response, cast(Iterable[bytes], response.stream))
        finally:
            response.close()

    return _handler(answer)


class _Call:
    """A request the application makes, and where it waits for the outcome."""

    def __init__(self, work: Work[Response]) -> None:
        self.work = work
        self.outcome: SimpleQueue[Response | BaseException] = SimpleQueue()


class _Guest:
    """One request inside the application."""

    def __init__(self, answer: Callable[[], Response]) -> None:
        self._answer = answer
        self._events: SimpleQueue[_Call | Response | BaseException] = SimpleQueue()

    async def visit(self) -> Response:
        """Let the application work, and carry what it asks for until it has answered."""
        Thread(target=self._work, daemon=True).start()
        while isinstance(event := self._events.get(), _Call):
            try:
                event.outcome.put(await event.work)
            except Exception as error:
                event.outcome.put(error)
            except BaseException:
                self._dismiss(event)
                raise
        if isinstance(event, BaseException):
            raise event
        return event

    def call(self, work: Work[Response]) -> Response:
        """From inside: have the kernel carry out `work`."""
        call = _Call(work)
        self._events.put(call)
        outcome = call.outcome.get()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _work(self) -> None:
        INSIDE.set(self)
        try:
            self._events.put(self._answer())
        except BaseException as error:
            self._events.put(error)

    def _dismiss(self, event: _Call | Response | BaseException) -> None:
        # The host is down. Its thread cannot be stopped, but whatever it asks for ends it.
        while isinstance(event, _Call):
            event.work.close()
            event.outcome.put(Crashed("the host of this application went down"))
            event = self._events.get()


def _handler(answer: Callable[[Request, httpx.Request], Response]) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            call = httpx.Request(
                request.method, request.url, headers=raw(request), content=octets(request.body)
            )
        except httpx.InvalidURL:
            return Response(400)
        return await _Guest(lambda: answer(request, call)).visit()

    return handle


def _taken(response: httpx.Response, parts: Iterable[bytes]) -> Response:
    # The stream, not `read()`: that would undo the content coding the headers still speak of.
    return Response(response.status_code, dict(response.headers), b"".join(parts))
