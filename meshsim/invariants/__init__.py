"""What must always be true of a run: functions of its facts, judged when the network is quiet.

A plug-in offers `build() -> Invariant`.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from meshsim.clocks import Skew
from meshsim.journal import Journal
from meshsim.storage import Storage
from meshsim.stores import Store
from meshsim.wire import Transcript


class Facts(msgspec.Struct, frozen=True):
    """All that a run leaves behind."""

    transcript: Transcript
    journal: Journal
    stores: Mapping[str, Store]
    """The records of each site that was used, by host."""
    storages: Mapping[str, Storage]
    """The files of each site that was used, by host."""
    clocks: Mapping[str, Skew]
    """What each of these sites takes a true time for."""
    roots: Mapping[str, str]
    """Where each of these sites has what was shared: the path below which its WebDAV is."""
    ended: float
    """True time at the end, seconds since the Unix epoch."""
    told: Sequence[str] = ()
    """What people and operators get to read of it: lines of logs, and of the report."""


class Finding(msgspec.Struct, frozen=True):
    """What one invariant found.

    `checked` counts what was looked at. A run may hold nothing that an invariant is about: then `ok` is
    true with 0 checked, which reports call "nothing to check" and tests must not take for a proof.
    """

    name: str
    ok: bool
    checked: int
    reason: str = ""
    """The first violation, in one line; empty if ok."""
    violations: Sequence[str] = ()


Invariant = Callable[[Facts], Finding]


def finding(name: str, checked: int, violations: Sequence[str]) -> Finding:
    """What follows from the violations that were found."""
    return Finding(name, not violations, checked, violations[0] if violations else "", tuple(violations))
