"""The flows of a run: what was tried between whom, and whether it ended as it should."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from meshsim.composition import Composition
from meshsim.ocm.errors import OcmError

T = TypeVar("T")

SEED = 0


class Options(msgspec.Struct, frozen=True):
    """What the command line asks of a scenario; None where it leaves the choice to the scenario."""

    sites: int | None = None
    users: int | None = None
    seed: int = SEED


class Flow(msgspec.Struct, frozen=True):
    """One thing that was tried. `reason` says why it did not end as it should."""

    name: str
    source: str
    target: str
    ok: bool
    reason: str = ""


class Flows:
    """The record of a run's flows. A flow that goes wrong is noted, and the story goes on."""

    def __init__(self, mesh: Composition, progress: Callable[[int], None] = lambda count: None) -> None:
        self.mesh = mesh
        self.done: list[Flow] = []
        self.tables: list[dict[str, Any]] = []
        """What the story has to show beside its flows, as the schema of reports has it."""
        self._progress = progress

    def note(self, name: str, source: str, target: str, reason: str = "") -> bool:
        """Write down a flow that has ended; `reason` is empty if it ended as it should."""
        self.done.append(Flow(name, source, target, not reason, reason))
        self._progress(len(self.done))
        return not reason

    async def expect(self, name: str, source: str, target: str, work: Coroutine[Any, Any, T]) -> T | None:
        """Do what must succeed; its result, or None if it was refused."""
        try:
            result = await self.mesh.guarded(work)
        except OcmError as error:
            self.note(name, source, target, f"{type(error).__name__}: {error}")
            return None
        self.note(name, source, target)
        return result

    async def refuse(
        self, name: str, source: str, target: str, work: Coroutine[Any, Any, Any], because: str
    ) -> bool:
        """Do what must be refused, for a reason that contains `because`."""
        try:
            result = await self.mesh.guarded(work)
        except OcmError as error:
            wrong = "" if because in str(error) else f"refused, but because {error}"
            return self.note(name, source, target, wrong)
        return self.note(name, source, target, f"was not refused, but gave {result!r:.80}")

    async def attempt(self, name: str, source: str, target: str, work: Coroutine[Any, Any, T]) -> T | None:
        """Do what may succeed or be refused, as long as it ends in one of the two."""
        try:
            result = await self.mesh.guarded(work)
        except OcmError:
            self.note(name, source, target)
            return None
        self.note(name, source, target)
        return result

    async def part(self, source: str, target: str, work: Coroutine[Any, Any, Any]) -> None:
        """Tell a part of the story. Where it cannot go on, that is noted, and the next part is told."""
        try:
            await self.mesh.guarded(work)
        except OcmError as error:
            self.note("go on", source, target, f"{type(error).__name__}: {error}")

    def check(self, name: str, source: str, target: str, expected: object, actual: object) -> bool:
        """Note whether something is as it should be."""
        wrong = "" if expected == actual else f"expected {expected!r:.80}, found {actual!r:.80}"
        return self.note(name, source, target, wrong)
