"""Limits in TOML, and whether a result keeps to them."""

import pytest

from loadtests import stories, thresholds
from loadtests.thresholds import BadThresholds

RESULT = {"latency_ms": {"p99": 20.0}, "fairness": 0.9, "ok": True, "ledger": {"lost": 0}}


def test_limits_are_kept_or_broken():
    """Less is better, unless `at_least` says otherwise; what was not measured is not kept."""
    limits = {
        "latency_ms.p99": 20,
        "ledger.lost": 0,
        "at_least.fairness": 0.95,
        "latency_ms.p50": 5,
        "ok": 1,
    }

    assert [
        ("latency_ms.p99", 20.0, True),
        ("ledger.lost", 0, True),
        ("at_least.fairness", 0.9, False),
        ("latency_ms.p50", None, False),
        ("ok", None, False),
    ] == [(one["name"], one["value"], one["ok"]) for one in thresholds.judge(limits, RESULT)]


@pytest.mark.parametrize("story", stories.own())
def test_a_story_has_limits_beside_it(story):
    """The ledger is always among them."""
    limits = thresholds.load(story)

    assert 0 == limits["ledger.lost"]
    assert {"rate", "duration", "peers"} <= set(thresholds.options(story))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[thresholds", "TOML|Expected|expected|Unclosed|]"),
        ("[thresholds]\nrate = 'high'", "rate is 'high', not a number"),
        ("[thresholds]\nrate = -1", "not a number from 0 on"),
        ("[thresholds]\nrate = true", "not a number"),
        ("thresholds = 3", "is a table"),
    ],
)
def test_limits_that_cannot_be_read_are_refused(text, why, tmp_path):
    """With the file and the reason."""
    path = tmp_path / "mine.toml"
    path.write_text(text)

    with pytest.raises(BadThresholds, match=why):
        thresholds.load("share", path)
    with pytest.raises(BadThresholds, match="no file"):
        thresholds.load("share", tmp_path / "none.toml")
