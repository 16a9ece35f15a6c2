"""One request on its way through the fabric: departure, arrival, answer, or one of the accidents.

Two things end by themselves: the caller's waiting (`alive`) and the receiver's work (`serving`).
What the receiver does when the caller has given up is done all the same.
"""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from meshsim.faults import PASS, Answer, Crash, Delay, Drop, Duplicate, Envelope, Verdict, befall
from meshsim.network.hosts import Host, Incarnation
from meshsim.network.kernel import Crashed, Owner, Promise, Task
from meshsim.wire import Exchange, NetworkError, Response, read

if TYPE_CHECKING:
    from meshsim.network.fabric import Fabric

DONE = object()
"""What a receiver waits for that is done."""

BUG = Response(500)
"""What a caller gets from a handler that raised; the run itself fails as well."""


class Flight(Owner):
    """An exchange under way; its timeout belongs to it, and is forgotten once the caller knows."""

    __slots__ = (
        "alive",
        "answered",
        "answers",
        "caller",
        "deadline",
        "exchange",
        "fabric",
        "kernel",
        "serving",
        "target",
    )

    def __init__(
        self, fabric: "Fabric", exchange: Exchange, caller: Incarnation, target: Host, timeout: float
    ) -> None:
        self.fabric = fabric
        self.kernel = fabric.kernel
        self.exchange = exchange
        self.caller = caller
        self.target = target
        self.deadline = exchange.started + timeout
        self.answered: Promise[Response] = Promise(fabric.kernel)
        self.answers: list[Response] = []
        """Of the receiver; the last counts."""
        self.alive = True
        self.serving: Incarnation | None = target.life
        fabric.flights[self] = None

    def depart(self) -> None:
        """Send the request on its way."""
        verdict = self._judge(None)
        delay = self.fabric.delay(self.caller.host, self.target)
        if isinstance(verdict, Drop):
            self._served()
            self._lost(verdict, "connection refused", sent=False)
        elif isinstance(verdict, Answer):
            self._served()
            self._bring(verdict.response, delay + self.fabric.delay(self.target, self.caller.host))
        elif isinstance(verdict, Crash):
            self.kernel.later(delay, lambda: self._crash(verdict))
        else:
            if isinstance(verdict, Delay):
                delay += max(verdict.seconds, 0.0)
            elif isinstance(verdict, Duplicate):
                self.kernel.later(delay + max(verdict.after, 0.0), self._repeat)
            self.kernel.later(delay, self.arrive)
            if self.kernel.now + delay > self.deadline:
                self._expire_later()

    def arrive(self) -> None:
        """Let the receiver begin with the request."""
        if self.serving is not None:
            self._begin(self.fabric.serve(self.target, self.exchange.request, self.answers))

    def _begin(self, work: Coroutine[Any, None, None]) -> None:
        try:
            wanted = next(work.__await__(), DONE)
        except BaseException as end:
            wanted = end
        self.follow(work, wanted)

    def taken_up(self, receiver: Incarnation, answers: list[Response]) -> None:
        """The receiver was begun before there was this flight; catch up with who died meanwhile."""
        self.serving, self.answers = receiver, answers
        if not self.caller.alive:
            self.caller_died()
        if not receiver.alive:
            self.receiver_died()

    def follow(self, work: Coroutine[Any, None, None], wanted: Any) -> None:
        """Go on with a receiver by what it wants: to wait, nothing more (DONE), or what it raised."""
        if wanted is DONE:
            self.served(None)
        elif isinstance(wanted, BaseException):
            self.served(wanted)
        elif self.serving is None:
            work.close()
        else:
            if self.alive:
                self._expire_later()
            _Serving(self, work, self.serving).wait(wanted)

    def served(self, error: BaseException | None) -> None:
        """The receiver's work came to an end, with an answer or by an error."""
        if not (error is None or isinstance(error, (Exception, Crashed))):
            raise error
        if self.serving is None:
            return
        if error is None:
            response = self.answers[-1]
            if type(response.body) is bytes:
                self._answer(response)
            else:
                self._begin(_in_memory(response, self.answers))
        elif isinstance(error, Exception):
            self.kernel.report(error, self.serving)
            self._answer(BUG)
        else:
            self.serving.die()

    def receiver_died(self) -> None:
        """Whoever had to answer went down."""
        self._lose("connection reset")
        self._served()

    def caller_died(self) -> None:
        """Nobody waits any more; what has left the caller still arrives."""
        self._end("the caller went down", Crashed(self.caller.name))

    def _answer(self, response: Response) -> None:
        self.exchange.response = response
        verdict = self._judge(response) if self.alive else PASS
        if isinstance(verdict, Crash):
            self._crash(verdict)
            return
        self._served()
        if isinstance(verdict, Drop):
            self._lost(verdict, "connection reset")
        elif self.alive:
            if isinstance(verdict, Answer):
                response = verdict.response
            delay = self.fabric.delay(self.target, self.caller.host)
            if isinstance(verdict, Delay):
                delay += max(verdict.seconds, 0.0)
            self._bring(response, delay)

    def _bring(self, response: Response, delay: float) -> None:
        if self.kernel.now + delay > self.deadline:
            self._expire_later()
        else:
            self.kernel.later(delay, lambda: self._arrived(response), self)

    def _arrived(self, response: Response) -> None:
        self.exchange.response = response
        self._end("")
        self.answered.resolve(response)

    def _repeat(self) -> None:
        """The request arrives once more, as an exchange nobody waits for."""
        first = self.exchange
        exchange = self.fabric.transcript.begin(first.source, first.target, first.request, self.kernel.now)
        exchange.faults = first.faults
        again = Flight(self.fabric, exchange, self.caller, self.target, 0.0)
        if self.target.up:
            again._end("the answer to a repeated request goes nowhere")
            again.arrive()
        else:
            again._served()
            again._lose("connection refused")

    def _crash(self, verdict: Crash) -> None:
        self.fabric.crash(verdict.host)
        if verdict.restart_after is not None:
            self.kernel.later(verdict.restart_after, lambda: self.fabric.restart(verdict.host))
        self.receiver_died()

    def _judge(self, response: Response | None) -> Verdict:
        fabric, exchange = self.fabric, self.exchange
        if not fabric.faults:
            return PASS
        now = self.kernel.now
        envelope = Envelope(
            exchange.number,
            exchange.source,
            exchange.target,
            now,
            now - self.kernel.start,
            exchange.request,
            response,
        )
        return befall(fabric.faults, envelope, exchange)

    def _lost(self, verdict: Drop, reason: str, *, sent: bool = True) -> None:
        if verdict.refused:
            self._lose(reason, sent=sent)
        elif self.alive:
            self._expire_later()

    def _expire_later(self) -> None:
        # Without a timeout a caller may wait for ever; the kernel notices when all do.
        if self.deadline < float("inf"):
            self.kernel.at(self.deadline, lambda: self._lose("timeout"), self)

    def _lose(self, reason: str, *, sent: bool = True) -> None:
        self._end(reason, NetworkError(reason, sent=sent))

    def _end(self, reason: str, error: BaseException | None = None) -> None:
        """The caller's part is over."""
        if self.alive:
            self.alive = False
            self.exchange.ended = self.kernel.now
            self.exchange.error = reason
            if error is not None:
                self.answered.fail(error)
            self._close()

    def _served(self) -> None:
        """The receiver's part is over."""
        if self.serving is not None:
            self.serving = None
            self._close()

    def _close(self) -> None:
        if not self.alive and self.serving is None:
            del self.fabric.flights[self]
            self.fabric.transcript.finish(self.exchange)


async def _in_memory(response: Response, answers: list[Response]) -> None:
    """Put the same answer, its body read, to the others."""
    answers.append(Response(response.status, response.headers, await read(response.body)))


class _Serving(Task[None]):
    """A handler that could not answer at once."""

    __slots__ = ("flight",)

    def __init__(self, flight: Flight, work: Coroutine[Any, None, None], owner: Incarnation) -> None:
        super().__init__(flight.kernel, work, owner)
        self.flight = flight

    def end(self, how: BaseException) -> None:
        self.kernel.tasks.pop(self, None)
        self.flight.served(None if isinstance(how, StopIteration) else how)
