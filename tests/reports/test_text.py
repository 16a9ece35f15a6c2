"""The tables on the terminal."""

import io

from rich.console import Console

from meshsim import bundle

text = bundle.load("reports", "text")


def shown(**changes):
    flow = {"name": "share", "source": "a.example", "target": "b.example", "ok": True, "reason": ""}
    run = {
        "scenario": "x",
        "seed": 1,
        "version": "0",
        "ok": True,
        "digest": "ab" * 32,
        "sites": ["a.example", "b.example"],
        "exchanges": 3,
        "flows": [flow],
        "invariants": [{"name": "access", "ok": True, "checked": 2, "reason": ""}],
    }
    run.update(changes)
    file = io.StringIO()
    text.render(run, Console(file=file, width=100))
    return file.getvalue()


def test_a_good_run_says_so():
    """Flows, pairs, invariants, verdict."""
    page = shown()

    for word in ("share", "from ↓ to →", "access", "holds", "all is well"):
        assert word in page


def test_what_went_wrong_is_told_with_its_reason():
    """Names from outside are shown as they are and format nothing."""
    wrong = {"name": "[red]x", "source": "a.example", "target": "b.example", "ok": False, "reason": "403 [b]"}
    broken = {"name": "secrets", "ok": False, "checked": 1, "reason": "in a URL"}
    page = shown(ok=False, flows=[wrong], invariants=[broken])

    assert "[red]x a.example → b.example: 403 [b]" in page
    assert "broken in a URL" in page
    assert "something went wrong" in page


def test_pairs_are_numbered_so_that_every_site_has_its_column():
    """Sites whose names begin alike are still told apart, and a failure shows in its cell alone."""
    names = ["sciebo", "sciencedata", "science"]
    pairs = [(f"{a}.example", f"{b}.example") for a in names for b in names if a != b]
    flows = [
        {"name": "n", "source": source, "target": target, "ok": (source, target) != pairs[0], "reason": "r"}
        for source, target in pairs
        for _ in range(7)
    ]
    lines = [line for line in shown(flows=flows).splitlines() if any(f"│ {name} " in line for name in names)]

    assert [
        ["1", "sciebo", "·", "0/7", "7"],
        ["2", "sciencedata", "7", "·", "7"],
        ["3", "science", "7", "7", "·"],
    ] == [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def test_long_lists_are_cut_and_say_so():
    """Twenty failures are shown; the file has them all. A big mesh has no matrix."""
    wrong = {"name": "n", "source": "s", "target": "t", "ok": False, "reason": "r"}
    flows = [{**wrong, "source": f"s{n}"} for n in range(30)]
    page = shown(ok=False, flows=flows)

    assert "and 10 more" in page
    assert "pairs" not in page


def test_an_invariant_that_saw_nothing_says_so():
    """No verdict is made of nothing."""
    assert "nothing to check" in shown(
        invariants=[{"name": "access", "ok": True, "checked": 0, "reason": ""}]
    )


def test_many_kinds_of_flows_stand_beside_each_other():
    """Read downwards, as far as the terminal is wide; none is left out, and a failure shows in its place."""
    flows = [
        {"name": f"kind {n:02}", "source": "a", "target": "b", "ok": n != 3, "reason": "r"} for n in range(30)
    ]
    lines = [line for line in shown(ok=False, flows=flows).splitlines() if "│ kind" in line]

    assert ["│ kind 00 │ 1    │ kind 10 │ 1    │ kind 20 │ 1    │"] == [line.strip() for line in lines[:1]]
    assert 10 == len(lines)
    assert "│ kind 03 │ 0/1  │" in lines[3]
