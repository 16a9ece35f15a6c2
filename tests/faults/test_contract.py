"""What every fault owes the network, and what the command line owes whoever names one."""

from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim import plugins
from meshsim.faults import PASS, Envelope, FaultError, Verdict, parse
from meshsim.wire import Request, Response

NEEDED = {"crash": {"host": "beta"}, "outage": {"host": "beta"}, "partition": {"group": "beta"}}
"""Options without which a fault cannot be."""

every_fault = pytest.mark.parametrize("name", plugins.names("faults"))


def build(name, **where):
    return plugins.load("faults", name)(**NEEDED.get(name, {}), **where)


def envelopes():
    """An hour of traffic between two hosts, each request followed by its answer."""
    request = Request("GET", "https://beta/.well-known/ocm")
    for number in range(1, 13):
        time = number * 300.0
        answer = Response(200, {}, b"answer %d" % number)
        yield Envelope(number, "alpha", "beta", 1e9 + time, time, request)
        yield Envelope(number, "alpha", "beta", 1e9 + time, time, request, answer)


@every_fault
def test_every_fault_touches_something_of_a_plain_conversation(name):
    """With its default options it is not a dead letter, and what it gives is a verdict."""
    fault, rng = build(name), Random(1)
    verdicts = [fault(envelope, rng) for envelope in envelopes()]

    assert any(verdict != PASS for verdict in verdicts)
    assert all(isinstance(verdict, get_args(Verdict)) for verdict in verdicts)


@every_fault
@pytest.mark.parametrize(
    "where",
    [
        {"source": "gamma"},
        {"target": "gamma"},
        {"path": "/ocm/shares"},
        {"probability": 0.0},
        {"start": 3601.0},
        {"end": 300.0},
        {"count": 0},
    ],
    ids=lambda where: next(iter(where)),
)
def test_every_fault_keeps_to_where_it_is_told(name, where):
    """The options all faults have in common mean the same to each."""
    fault, rng = build(name, **where), Random(1)

    assert all(fault(envelope, rng) == PASS for envelope in envelopes())


@every_fault
def test_every_fault_repeats_itself(name):
    """The same messages and the same stream of chance give the same verdicts."""

    def verdicts():
        fault, rng = build(name, probability=0.5), Random(7)
        return [fault(envelope, rng) for envelope in envelopes()]

    assert verdicts() == verdicts()


@every_fault
def test_every_fault_is_understood_on_the_command_line(name):
    """Its own options and the common ones can be given as text."""
    needed = "".join(f",{option}={value}" for option, value in NEEDED.get(name, {}).items())

    found, options = parse(f"{name}:target=beta:8443,probability=0.5,end=300,count=3{needed}")

    assert name == found
    expected = {"target": "beta:8443", "probability": 0.5, "end": 300.0, "count": 3}
    assert expected | NEEDED.get(name, {}) == options
    plugins.load("faults", name)(**options)


def test_a_fault_may_be_named_alone():
    """Without options, with or without a colon."""
    assert ("lost_answer", {}) == parse("lost_answer") == parse("lost_answer:")


def test_options_have_the_types_of_the_fault():
    """Numbers and truth are not text."""
    _, options = parse("crash:host=beta,after=3,answer=true,restart_after=1.5")

    assert {"host": "beta", "after": 3, "answer": True, "restart_after": 1.5} == options


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lost_anser", "lost_answer, lost_request"),
        ("", "lost_answer, lost_request"),
        ("delay:second=1", "no option 'second'; there are: seconds, spread, source, target"),
        ("delay:seconds", "expected OPTION=VALUE, not 'seconds'"),
        ("delay:seconds=soon", "seconds=soon"),
        ("delay:seconds=nan", "not a number"),
        ("delay:count=1.5", "count=1.5"),
        ("delay:seconds=1,seconds=2", "seconds is given twice"),
        ("outage:start=5", "outage needs host"),
    ],
)
def test_a_mistake_is_explained(text, told):
    """The message names what is wrong and what there is to choose from."""
    with pytest.raises(FaultError) as error:
        parse(text)
    assert told in str(error.value)


@given(st.text())
def test_any_text_is_a_fault_or_an_error(text):
    """Nothing else comes out of the parser."""
    try:
        name, _ = parse(text)
    except FaultError:
        return
    assert name in plugins.names("faults")


@given(st.text(alphabet=":,=.-+e0123456789delaysconptr_"))
def test_any_options_are_understood_or_explained(text):
    """Nothing else comes out of the parser behind a good name either."""
    try:
        name, _ = parse(f"delay:{text}")
    except FaultError:
        return
    assert "delay" == name


@pytest.mark.parametrize("probability", [-0.1, 1.1])
def test_a_probability_is_between_0_and_1(probability):
    """Anything else is a mistake of whoever wrote it."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        build("delay", probability=probability)
