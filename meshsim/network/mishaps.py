"""Accidents on real connections: the faults of the simulated network, had where a site's calls leave.

A fault is asked about each call before it leaves and about each answer before its caller sees it. What waits
here waits in the time of the mesh, so that a run that leaps does not wait for it.
"""

from random import Random
from typing import TYPE_CHECKING

from meshsim.entropy import stream
from meshsim.faults import Answer, Crash, Delay, Drop, Duplicate, Envelope, Fault, Verdict, befall
from meshsim.network.hosts import Incarnation
from meshsim.wire import Exchange, NetworkError, Request, Response

if TYPE_CHECKING:
    from meshsim.network.sockets import Sockets


class Mishaps:
    """The faults of a mesh on sockets; without any, calls do not come here."""

    def __init__(self, sockets: "Sockets", seed: int | str) -> None:
        self._sockets = sockets
        self._seed = seed
        self._began = sockets.time.now()
        self.faults: list[tuple[str, Fault, Random]] = []

    def add(self, name: str, fault: Fault) -> None:
        """Ask `fault` about every call, after those that were there before."""
        rng = stream(self._seed, "fault", name, str(len(self.faults)))
        self.faults.append((name, fault, rng))

    async def send(self, exchange: Exchange, life: Incarnation, request: Request, timeout: float) -> Response:
        """The answer, or NetworkError, after whatever happened on the way."""
        sockets = self._sockets
        deadline = sockets.time.now() + timeout
        verdict = self._judge(exchange, request, None)
        match verdict:
            case Drop(refused):
                return await self._lost(refused, deadline, "connection refused", sent=False)
            case Answer(response):
                return response
            case Crash():
                self._crash(verdict)
                raise NetworkError("connection reset")
            case Duplicate(after):
                self._send_later(life, request, timeout, after)
            case Delay(seconds) if seconds > timeout:
                self._send_later(life, request, timeout, seconds)
                return await self._lost(False, deadline, "timeout")
            case Delay(seconds):
                await sockets.time.sleep(seconds)
        left = deadline - sockets.time.now()
        response = await sockets.carry(request, max(left, 0.001), life.host)
        return await self._bring(exchange, request, response, deadline)

    async def _bring(
        self, exchange: Exchange, request: Request, response: Response, deadline: float
    ) -> Response:
        sockets = self._sockets
        verdict = self._judge(exchange, request, response)
        match verdict:
            case Drop(refused):
                return await self._lost(refused, deadline, "connection reset")
            case Answer(instead):
                return instead
            case Crash():
                self._crash(verdict)
                raise NetworkError("connection reset")
            case Delay(seconds) if sockets.time.now() + seconds > deadline:
                return await self._lost(False, deadline, "timeout")
            case Delay(seconds):
                await sockets.time.sleep(seconds)
        return response

    def _judge(self, exchange: Exchange, request: Request, response: Response | None) -> Verdict:
        now = self._sockets.time.now()
        names = exchange.source, exchange.target
        envelope = Envelope(exchange.number, *names, now, now - self._began, request, response)
        return befall(self.faults, envelope, exchange)

    async def _lost(self, refused: bool, deadline: float, reason: str, *, sent: bool = True) -> Response:
        if refused:
            raise NetworkError(reason, sent=sent)
        await self._sockets.time.sleep(deadline - self._sockets.time.now())
        raise NetworkError("timeout")

    def _send_later(self, life: Incarnation, request: Request, timeout: float, seconds: float) -> None:
        """The request arrives, unless its sender dies before, and its answer goes nowhere."""
        sockets = self._sockets

        async def act() -> None:
            try:
                await sockets.carry(request, timeout, life.host)
            except NetworkError:
                return

        sockets.time.later(seconds, lambda: sockets.spawn(act, life))

    def _crash(self, verdict: Crash) -> None:
        sockets = self._sockets
        sockets.crash(verdict.host)
        if verdict.restart_after is not None:
            sockets.time.later(verdict.restart_after, lambda: sockets.restart(verdict.host))
