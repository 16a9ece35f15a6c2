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
