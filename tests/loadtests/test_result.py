"""A result says itself whether it can be trusted and whether it is good."""

import json

import jsonschema
import pytest

from loadtests import result
from loadtests.audit import Finding, Verdict
from loadtests.figures import LAG, Figures, Notes
from meshsim import bundle

ASKED = {
    "story": "share",
    "target": ["http://localhost:1"],
    "seed": 0,
    "rate": 5.0,
    "arrival": "constant",
    "duration": 2.0,
    "peers": 2,
}
GOOD = Verdict(2, 2, 0, ())


def figures(*, used=0.1, lag=0.001, latency=0.05, requests=10, reason=""):
    notes = Notes("w0")
    notes.begun, notes.requests = 1, requests
    notes.story("share", "p", latency, latency, "")
    if reason:
        notes.story("share", "p", latency, latency, reason)
    notes.time(LAG, lag)
    return Figures([notes.tick(0, used)])


def assembled(measured, verdict=GOOD, limit=1000.0, limits=None, **rest):
    made = result.assembled(ASKED, measured, verdict, limits or {}, limit=limit, **rest)
    schema = bundle.root() / "reports" / "schemas" / "load.json"
    jsonschema.validate(made, json.loads(schema.read_text()))
    return made


def test_a_good_run_is_valid_and_ok():
    """By its published schema."""
    made = assembled(figures(), limits={"latency_ms.p99": 100, "ledger.lost": 0})

    assert (True, True, []) == (made["valid"], made["ok"], made["invalid"])
    assert (1, 0.5, 0.0) == (made["done"], made["rate"], made["error_share"])


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        ({"used": 0.95}, "needed 95% of its core"),
        ({"requests": 950}, "950 requests a second are near the generator's own limit of 1000"),
        ({"lag": 0.04}, "late itself, by 40 ms"),
    ],
)
def test_a_generator_at_its_limit_makes_a_run_invalid(measured, why):
    """The figures would be its own; so the run is not ok, whatever they are."""
    made = assembled(figures(**measured))

    assert (False, False) == (made["valid"], made["ok"])
    assert why in made["invalid"][0]


def test_a_worker_that_died_and_a_fault_of_ours_make_a_run_invalid():
    """Both are named."""
    made = assembled(figures(), workers=[{"name": "w1", "died": True}], faults=["our own fault: x"])

    assert ["workers died: w1", "our own fault: x"] == made["invalid"]


def test_a_finding_or_a_broken_limit_is_not_ok_but_valid():
    """That is the target's doing."""
    finding = Finding("lost", "1", "share S: gone")
    for made in (
        assembled(figures(), Verdict(1, 1, 0, (finding,))),
        assembled(figures(reason="share read: 503"), limits={"error_share": 0.1}),
    ):
        assert (True, False) == (made["valid"], made["ok"])


def test_a_run_in_which_nothing_was_done_is_not_ok():
    """There is nothing to be good."""
    assert not assembled(Figures())["ok"]
    failed = result.failed(ASKED, "it is no OCM site")
    assert (False, ["it is no OCM site"]) == (failed["ok"], failed["invalid"])
