"""A row of the benchmark is one line."""

import io

from rich.console import Console

from meshsim import bundle

ROW = {
    "id": "flow",
    "unit": "flows",
    "ours": 1234.5,
    "peer": 100.0,
    "peer_name": "somebody [x]",
    "limit": None,
    "ratio": 12.3,
    "goal": ">= 5",
    "met": True,
}


def said(**changes):
    file = io.StringIO()
    bundle.load("reports", "bench").line({**ROW, **changes}, Console(file=file, width=200))
    return file.getvalue()


def test_a_line_has_figures_and_verdict():
    """With the peer, or without one."""
    assert "flow                     1234 flows, 100 by somebody [x], ratio 12.3; goal >= 5: met\n" == said()
    assert said(peer=None, ratio=None, met=False).endswith("1234 flows; goal >= 5: missed\n")


def test_who_broke_off_is_told_on_a_line_of_its_own():
    """The other, or we."""
    note = "somebody broke off in 3 of 3 rounds: [x]"
    other, told, _ = said(peer=None, ratio=None, met=None, note=note).split("\n")

    assert "flow                     1234 flows; goal >= 5: nothing to compare" == other
    assert note == told.strip()
    assert said(ours=None, ratio=None, met=False).startswith("flow                     nothing of flows, 100")
