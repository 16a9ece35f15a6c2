"""Faster, slower or the same is said only where it can be."""

import os
import signal
import threading
from contextlib import contextmanager

import pytest

from loadtests import compare, load, meshes
from loadtests.load import Asked

NOISE = (1.0, 1.02, 0.97, 1.05, 0.96, 1.01, 0.99)


@pytest.mark.parametrize(
    ("factor", "word"), [(0.5, "faster"), (0.8, "faster"), (1.0, "same"), (1.01, "same"), (1.4, "slower")]
)
def test_what_is_clear_is_said(factor, word):
    """With the ratio inside its interval."""
    ours = [10 * noise for noise in NOISE]
    others = [10 * factor * (2 - noise) ** 0.2 * noise for noise in NOISE]
    found = compare.verdict(ours, others)

    assert word == found["verdict"]
    assert found["low"] <= found["ratio"] <= found["high"]
    assert found["low"] <= factor * 1.02
    assert found["high"] >= factor * 0.98


def test_what_is_not_clear_is_not_said():
    """Noise that is larger than the difference, and nothing at all."""
    assert "unclear" == compare.verdict([10, 10, 10, 10], [5, 20, 7, 15])["verdict"]
    assert "unclear" == compare.verdict([], [])["verdict"]
    assert "unclear" == compare.verdict([0.0], [1.0])["verdict"]


def test_runs_are_interleaved_and_use_the_same_seeds():
    """The pair's seed is the same for both, and who begins alternates."""
    seen = []

    def run(asked):
        seen.append((asked.target, asked.seed))
        slow = 2.0 if asked.target == "b" else 1.0
        return {"invalid": [], "ledger": {"findings": []}, "service_ms": {"p50": slow, "p99": slow * 3}}

    found = compare.compared(run, Asked(story="share", target="a"), Asked(story="share", target="b"), 4)

    assert [("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2), ("b", 2), ("b", 3), ("a", 3)] == seen
    assert ("slower", 2.0) == (found["service_ms"]["p50"]["verdict"], found["service_ms"]["p99"]["ratio"])
    assert found["valid"]


@contextmanager
def held_up(pid):
    """The process has its core for a third of the time."""
    over = threading.Event()

    def hold():
        while not over.wait(0.01):
            os.kill(pid, signal.SIGSTOP)
            over.wait(0.02)
            os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.skipif(
    "MESHSIM_COMPARE" not in os.environ, reason="MESHSIM_COMPARE is not set: minutes, on a quiet machine"
)
def test_a_served_site_that_is_held_up_is_slower_and_beside_itself_it_is_not():
    """Real runs in turn, and the interval of their ratios."""
    with meshes.started("token", 1, 0) as one, meshes.started("token", 1, 0) as other:
        first, second = (
            Asked(story="token", target=mesh["sites"][0]["url"], rate=10.0, duration=4.0, peers=4).settled()
            for mesh in (one, other)
        )
        same = compare.compared(load.run, first, first, tell=print)["service_ms"]["p50"]
        with held_up(other["pid"]):
            slow = compare.compared(load.run, first, second, tell=print)["service_ms"]["p50"]
    print(same, slow)

    assert "slower" == slow["verdict"]
    assert slow["low"] > 1
    assert same["verdict"] in ("same", "unclear")
