"""Whatever is planted is found, and nothing else."""

import pytest

from loadtests.audit import GONE, Seen, judge
from loadtests.ledger import ACCEPTED, ACKNOWLEDGED, SENT, UNSHARED, UNSHARING, Entry

A, B, C = "a@x", "b@y", "c@y"


def entry(*events, **rest):
    told = {event: 1.0 for event in (SENT, *events)}
    return Entry("1", "share", A, B, content={"": "right"}, share="S", told=told, **rest)


def seen(given="accepted", received="accepted", content="right", **rest):
    return Seen(
        given={A: [("S", given)] if given else []},
        received={B: [("x S", received)] if received else [], C: []},
        content={"1": {"": content}},
        **rest,
    )


def wrongs(one, facts):
    return sorted({found.wrong for found in judge({"1": one}, facts).findings})


LIVE = entry(ACKNOWLEDGED, ACCEPTED)
ENDED = entry(ACKNOWLEDGED, ACCEPTED, UNSHARING, UNSHARED)


@pytest.mark.parametrize(
    ("one", "facts"),
    [
        (LIVE, seen()),
        (ENDED, seen("revoked", "revoked", GONE)),
        (ENDED, seen("revoked", "", GONE)),
        (entry(ACKNOWLEDGED), seen("pending", "pending", GONE)),
        (entry(), Seen(given={A: []}, received={B: []})),
        (entry(), seen("offered", "pending", GONE)),
        # Asked to be taken back, and no answer came: both are right.
        (entry(ACKNOWLEDGED, ACCEPTED, UNSHARING), seen()),
        (entry(ACKNOWLEDGED, ACCEPTED, UNSHARING), seen("revoked", "revoked", GONE)),
    ],
)
def test_what_is_as_it_was_told_is_no_finding(one, facts):
    """Also where nobody can know."""
    assert [] == wrongs(one, facts)


@pytest.mark.parametrize(
    ("wrong", "one", "facts"),
    [
        ("lost", LIVE, seen(given="")),
        ("lost", LIVE, seen(given="revoked")),
        ("lost", LIVE, seen(received="")),
        ("lost", LIVE, seen(received="revoked")),
        ("lost", LIVE, seen(received="pending")),
        ("lost", LIVE, seen(content=GONE)),
        ("altered", LIVE, seen(content="wrong")),
        ("leaked", LIVE, seen(strangers={"1": [C]})),
        ("undead", ENDED, seen("revoked", "accepted", GONE)),
        ("undead", ENDED, seen("revoked", "revoked", "right")),
    ],
)
def test_what_is_not_is_found(wrong, one, facts):
    """By its name, with a sentence that says who and what."""
    verdict = judge({"1": one}, facts)

    assert {wrong} == {found.wrong for found in verdict.findings}
    assert all("S" in found.sentence for found in verdict.findings)
    assert verdict.counts()[wrong] == len(verdict.findings)


def test_a_share_that_is_there_twice_is_doubled():
    """On either side."""
    facts = seen()
    facts.received[B] *= 2
    facts.given[A] *= 2

    assert ["doubled"] == wrongs(LIVE, facts)
    assert 2 == judge({"1": LIVE}, facts).counts()["doubled"]


def test_a_share_in_the_hands_of_somebody_else_is_leaked():
    """Who is in the group it went to is nobody else."""
    facts = seen()
    facts.received[C] = [("x S", "accepted")]

    assert ["leaked"] == wrongs(LIVE, facts)
    assert [] == wrongs(entry(ACKNOWLEDGED, members=(B, C)), facts)


def test_an_invite_is_a_contact_on_both_sides_and_on_no_other():
    """Once each."""
    one = Entry("1", "invite", A, B, share="T", told={ACKNOWLEDGED: 1.0})
    other = Entry("2", "invite", A, C, share="U", told={SENT: 1.0})
    books = {"1": one, "2": other}

    def found(**contacts):
        verdict = judge(
            books, Seen(contacts={f"{k}@{'x' if k == 'a' else 'y'}": v for k, v in contacts.items()})
        )
        return [finding.wrong for finding in verdict.findings]

    assert [] == found(a=[B], b=[A], c=[])
    assert ["lost"] == found(a=[], b=[A])
    assert ["doubled"] == found(a=[B, B], b=[A])
    assert ["leaked"] == found(a=[B], b=[A, C])


def test_a_file_is_what_was_written_last():
    """Lost, altered, or still there after it was removed."""
    one = Entry("1", "file", B, B, content={"": "right"}, share="/f", told={ACKNOWLEDGED: 1.0})
    ended = Entry(
        "1", "file", B, B, content={"": "right"}, share="/f", told={ACKNOWLEDGED: 1.0, UNSHARED: 2.0}
    )

    assert [] == wrongs(one, Seen(content={"1": {"": "right"}}))
    assert ["lost"] == wrongs(one, Seen(content={"1": {"": GONE}}))
    assert ["altered"] == wrongs(one, Seen(content={"1": {"": "other"}}))
    assert ["undead"] == wrongs(ended, Seen(content={"1": {"": "right"}}))


def test_who_could_not_be_asked_is_counted_and_accused_of_nothing():
    """A site that is down has lost nothing yet."""
    verdict = judge({"1": LIVE}, Seen(unasked={"1": "connection refused"}))

    assert ((), 1, 1) == (verdict.findings, verdict.acknowledged, verdict.unasked)


def test_what_workers_saw_adds_up():
    """Each asked its own people."""
    one, other = seen(), Seen(given={"d@z": []}, unasked={"9": "down"})
    one.add(other)

    assert {A, "d@z"} == set(one.given)
    assert {"9": "down"} == one.unasked
