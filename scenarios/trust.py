"""What each trust policy is worth: every attacker against every policy and profile."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from meshsim import plugins
from meshsim.attackers import CENTRAL, EVIL, FRIEND, VICTIM, Arena, Attack, World, run
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.site.pairing import KEY_HEADER
from meshsim.story import Flows, Options
from scenarios import _acts as acts

STOPPED, SLOWED, THROUGH = "stopped", "slowed", "got through"
MARKS = {STOPPED: "good", SLOWED: "fair", THROUGH: "bad"}


class Setting(msgspec.Struct, frozen=True):
    """One column of the table: how victim and friend are set up."""

    name: str
    about: str
    policies: tuple[Any, ...] = ()
    signed: bool = False
    more: Mapping[str, Any] = {}

    def topology(self) -> Topology:
        """Victim and friend alike, the attacker's own server without rules, and the central service."""
        accent = {"dialect_options": {"signed": self.signed}}
        alike = [
            Plan(host, policies=self.policies, users=("alice", "bob", "carol"), **accent, **self.more)
            for host in (VICTIM, FRIEND)
        ]
        return Topology((*alike, Plan(EVIL, users=("mallory",), **accent)), directory=CENTRAL)


LIMIT = ("rate", {"per_minute": 60, "burst": 10, "spare": 0})
KNOWN = ("allowlist", {"hosts": [VICTIM, FRIEND, CENTRAL]})
WEAK = {"settings": {"token_bytes": 1, "max_body": 64 * 1024 * 1024}}
SETTINGS = (
    Setting("open", "everybody may, and nobody signs", ("open",)),
    Setting("denylist", "the attacker is on a list", (("denylist", {"hosts": [EVIL]}),)),
    Setting("allowlist", "only the friend is on a list", (KNOWN,)),
    Setting("member", "only members of the directory", ("member",)),
    Setting("invited", "shares only from contacts", ("invited",)),
    Setting("rate", "60 requests a minute from each address, 10 at once", (LIMIT,)),
    Setting("reverse", "the caller's address has the sender's name, and back", ("reverse",)),
    Setting("reverse, unconfirmed", "the same without looking back", (("reverse", {"confirm": False}),)),
    Setting("reverse_2021", "the look-up of Reva in 2021", ("reverse_2021",)),
    Setting("pair_key, list", "pair API keys that operators gave each other", ("pair_key",)),
    Setting(
        "pair_key, central", "pair API keys from the central service", (("pair_key", {"central": True}),)
    ),
    Setting("signed", "requests are signed (OCM)", ("signed",), True),
    Setting("pinned", "signed, by the key that was there first", ("pinned",), True),
    Setting(
        "profile reva 2021",
        "known providers by the look-up of 2021; shares carry a session of their owner",
        (KNOWN, "reverse_2021"),
        more={"secret_kind": "session_2021", "settings": {"session_secrets": True}},
    ),
    Setting(
        "profile paper",
        "rates, reverse look-up and central pair keys; tokens are encrypted",
        (("paper", {}),),
        more={"secret_kind": "paper"},
    ),
    Setting(
        "profile ocm",
        "what OCM has today: rates, contacts only, signed by pinned keys, tokens exchanged",
        (LIMIT, "invited", "pinned"),
        True,
        {"criteria": ("must-exchange-token",)},
    ),
    Setting("weak", "tokens of one byte, bodies of any size, no rules", more=WEAK),
    Setting("weak, rate", "the same with a rate", (LIMIT,), more=WEAK),
)

CLAIMS = (
    ("spoof", "open", THROUGH),
    ("spoof", "signed", STOPPED),
    ("spoof", "reverse", STOPPED),
    ("spoof", "reverse, unconfirmed", THROUGH),
    ("spoof", "reverse_2021", THROUGH),
    ("flood", "open", THROUGH),
    ("flood", "rate", SLOWED),
    ("flood", "allowlist", STOPPED),
    ("leaked_key", "pair_key, list", THROUGH),
    ("leaked_key", "profile paper", STOPPED),
    ("man_in_the_middle", "pair_key, list", THROUGH),
    ("man_in_the_middle", "profile paper", THROUGH),
    ("man_in_the_middle", "signed", STOPPED),
    ("changed_document", "signed", THROUGH),
    ("changed_document", "pinned", STOPPED),
    ("central_down", "pair_key, central", THROUGH),
    ("central_down", "pair_key, list", STOPPED),
    ("lying_directory", "member", THROUGH),
    ("lying_directory", "pair_key, central", THROUGH),
    ("overreach", "profile reva 2021", THROUGH),
    ("overreach", "profile paper", STOPPED),
    ("guess", "weak", THROUGH),
    ("guess", "open", STOPPED),
    ("huge", "weak", THROUGH),
    ("huge", "open", STOPPED),
)
"""What the documentation says of single cells; a run that finds something else is wrong."""


def topology(options: Options) -> Topology:
    """A ScienceMesh as the paper describes it, for the honest day that the invariants judge."""
    if options.sites is not None and options.sites > 26:
        raise ValueError(f"a ring of {options.sites} sites shows no more than one of 26")
    plans = (
        Plan(
            f"{chr(97 + n)}.paper.example",
            dialect_options={"signed": False},
            policies=("paper",),
            secret_kind="paper",  # noqa: S106 - the name of a plug-in
        )
        for n in range(options.sites or 2)
    )
    return Topology(tuple(plans), directory=CENTRAL)


async def story(mesh: Mesh, flows: Flows) -> None:
    """The paper's mesh works."""
    for number, host in enumerate(mesh.hosts):
        there = mesh.hosts[(number + 1) % len(mesh.hosts)]
        one, other = mesh.person(f"alice@{host}"), mesh.person(f"bob@{there}")
        await acts.meet(flows, one, other)
        await acts.work_in_folder(flows, one, other)
    keyed = [e for e in mesh.transcript if KEY_HEADER in e.request.headers]
    flows.check("pair keys are shown", "", "", True, bool(keyed))


def trials(flows: Flows, world: World) -> None:
    """Each attack in an arena of its own."""
    cells = dict(matrix(flows, world))
    names = sorted({name for name, _ in cells if name})
    for attacker, setting, expected in CLAIMS:
        found = cells[attacker, setting].outcome
        flows.check("claim of the documentation", "", "", expected, found)
    for attacker in names:
        outcomes = {cells[attacker, setting.name].outcome for setting in SETTINGS}
        # Who gets through nowhere is too weak to show that anything stops it.
        flows.check("attacker can succeed", "", "", True, THROUGH in outcomes)
    flows.tables += tables(names, cells)


class Cell(msgspec.Struct, frozen=True):
    """What came of one attack, told from the facts of its run."""

    outcome: str
    got: int
    wanted: int
    late: int
    lost: int
    tried: int
    exchanges: int


def matrix(flows: Flows, world: World) -> Iterator[tuple[tuple[str, str], Cell]]:
    """Each attacker against each setting; and, under the name "", an ordinary day."""
    days: dict[str, Attack | None] = {"": None}
    days |= {name: plugins.load("attackers", name)() for name in plugins.names("attackers")}
    for setting in SETTINGS:
        for name, attack in days.items():
            cell = measure(attack, run(attack, setting.topology(), flows.mesh.seed, world))
            if attack is None:
                flows.check("honest day", "", "", (0, 0, 6), (cell.late, cell.lost, cell.tried))
            else:
                flows.note("attack", "", "")
            yield (name, setting.name), cell


def measure(attack: Attack | None, arena: Arena) -> Cell:
    """The outcome: all or most of what was wanted, less than half of it, or nothing."""
    late, lost = arena.honest()
    got, wanted = (0, 1) if attack is None else (attack.got(arena), attack.wanted)
    outcome = STOPPED if not got else SLOWED if 2 * got < wanted else THROUGH
    return Cell(outcome, got, wanted, late, lost, arena.tried, len(arena.mesh.transcript))


def tables(names: list[str], cells: Mapping[tuple[str, str], Cell]) -> list[dict[str, Any]]:
    """The two tables of the report: what the attacker got, and what honest peers suffered."""
    goals = {name: plugins.load("attackers", name)().goal for name in names}
    columns = [{"title": name, "about": goals[name]} for name in names]

    def table(title: str, note: str, legend: dict[str, str], show: Any) -> dict[str, Any]:
        rows = [
            {"title": s.name, "about": s.about, "cells": [show(cells[name, s.name]) for name in names]}
            for s in SETTINGS
        ]
        return {"title": title, "note": note, "legend": legend, "columns": columns, "rows": rows}

    return [
        table(
            "what the attacker got",
            "stopped: nothing of what it wanted; slowed: less than half; got through: half or all",
            {"good": STOPPED, "fair": SLOWED, "bad": THROUGH},
            attacked,
        ),
        table(
            "what honest peers suffered",
            "of six shares given meanwhile by a friend: late by more than 2 s, or not there at the end",
            {"good": "nothing", "fair": "some late", "bad": "some missing"},
            suffered,
        ),
    ]


def attacked(cell: Cell) -> dict[str, str]:
    """What the attacker got."""
    detail = f"{cell.got} of {cell.wanted}; {cell.exchanges} exchanges"
    return {"text": cell.outcome, "mark": MARKS[cell.outcome], "detail": detail}


def suffered(cell: Cell) -> dict[str, str]:
    """What became of the friend's shares."""
    parts = [f"{cell.late} late"] * bool(cell.late) + [f"{cell.lost} missing"] * bool(cell.lost)
    mark = "bad" if cell.lost else "fair" if cell.late else "good"
    return {"text": ", ".join(parts) or "nothing", "mark": mark, "detail": f"{cell.tried} shares"}
