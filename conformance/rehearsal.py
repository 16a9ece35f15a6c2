"""What a run against a real site would send: the same tests, tried out on a simulated site of that name.

Another site answers otherwise, and then a test may send more, less, or to other paths.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from conformance import Unsupported, check
from conformance.record import Handler, Session
from conformance.targets import Wants, sim
from conformance.targets.url import BUDGET, Url


class Rehearsal(sim.Simulation):
    """A simulated site that offers no more than is known of the real one."""

    def __init__(self, real: Url) -> None:
        plan = sim.build("sim:standard").plan
        self.names = real.users or (("alice", "bob") if real.driver else ())
        super().__init__(
            real.name, replace(plan, host=real.host, scheme=real.scheme, users=self.names or plan.users)
        )
        self.peered = real.reach.peers is not None
        self.driven = real.driver is not None
        self.servers = 0

    def open(self, test: str, wants: Wants) -> Session:
        """Nothing is configured."""
        return _Rehearsed(self, self.plan, test)


class _Rehearsed(sim.SimulatedSession):
    def __init__(self, target: Rehearsal, plan: Any, test: str) -> None:
        super().__init__(target, plan, test)
        self._rehearsal = target
        self.users = target.names

    def listen(self, name: str, answer: Handler) -> str:
        """Counted."""
        if not self._rehearsal.peered:
            raise Unsupported("the site cannot reach the suite: give a --peer")
        self._rehearsal.servers += 1
        return super().listen(name, answer)

    def act(self, verb: str, *args: Any) -> Any:
        """If somebody drives."""
        if not self._rehearsal.driven:
            raise Unsupported("nobody makes the site's users act: give a --driver")
        return super().act(verb, *args)


def lines(real: Url, only: Iterable[str], own: Iterable[str] = ()) -> Iterator[str]:
    """Each test that would send something, with what it sends; then how much that is in all."""
    target = Rehearsal(real)
    _, suite = check.run(target, only=only, own=own)
    sent = {seen.number: seen for seen in suite.exchanges if not seen.by_site}
    requests = acts = 0
    for test, steps in suite.steps.items():
        told = []
        for step in steps:
            if step.exchange in sent:
                request = sent[step.exchange].request
                told.append(f"    {request.method} {request.url}")
                requests += 1
            elif step.kind == "act":
                verb, (user, *_) = step.told
                told.append(f"    {user}: {verb.replace('_', ' ')}")
                acts += 1
        if told:
            yield f"{test}  {' '.join(dict.fromkeys(cell.requirement for cell in suite.cells[test]))}"
            yield from told
    yield (
        f"{requests} requests of at most {BUDGET}, {acts} acts of users, {target.servers} servers of the "
        "suite's own; tried out on a simulated site of that name"
    )
