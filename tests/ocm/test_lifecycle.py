"""The tables of states: forward only, and the two sides of a share end alike."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.ocm.lifecycle import (
    DEAL,
    HELD,
    OPEN,
    RECEIVED,
    SENT,
    Deal,
    DealEvent,
    Refused,
    Share,
    ShareEvent,
    move,
)

ORDER = [Share.OFFERED, Share.PENDING, Share.ACCEPTED, Share.DECLINED, Share.REVOKED]


@pytest.mark.parametrize("table", [SENT, RECEIVED], ids=["sent", "received"])
def test_shares_only_move_forward(table):
    """No event takes a share back to where it was before; failed is an end of its own."""
    for (before, event), after in table.items():
        if after is not Share.FAILED:
            assert ORDER.index(before) <= ORDER.index(after), (before, event)
        assert before is not Share.FAILED


def test_every_state_can_be_reached():
    """No state is only written down."""
    assert set(Share) == {Share.OFFERED, *SENT.values()}
    assert {Share.PENDING, Share.ACCEPTED, Share.DECLINED, Share.REVOKED} == {
        Share.PENDING,
        *RECEIVED.values(),
    }
    assert set(Deal) == {Deal.OPEN, *DEAL.values()}


@given(
    st.lists(st.sampled_from([ShareEvent.CONFIRM, ShareEvent.ACCEPT, ShareEvent.DECLINE, ShareEvent.UNSHARE]))
)
def test_order_and_repetition_do_not_matter_for_the_end(events):
    """However messages come, a share that was unshared is revoked, and one that was declined is over."""

    def end(sequence):
        state = Share.OFFERED
        for event in sequence:
            try:
                state = move(SENT, state, event)
            except Refused:
                continue
        return state

    assert end(events) is end(events + events)
    for order in list(permutations(events))[:24] if len(events) < 6 else []:
        if ShareEvent.UNSHARE in events:
            assert Share.REVOKED is end(order)
        elif ShareEvent.DECLINE in events:
            assert Share.DECLINED is end(order)


def test_the_tables_agree_where_they_meet():
    """What both sides can be in and hear leads both to the same."""
    both = SENT.keys() & RECEIVED.keys()

    assert both
    assert {key: SENT[key] for key in both} == {key: RECEIVED[key] for key in both}


def heard(table, state, event):
    """The state after a message, which may come late or again."""
    try:
        return move(table, state, event)
    except Refused:
        return state


@given(st.lists(st.sampled_from([*ShareEvent]) | st.integers(0, 9), max_size=20), st.randoms())
def test_both_sides_end_alike(acts, rng):
    """Whatever the two do, and however often, late or out of order each learns of the other."""
    sent, received = Share.OFFERED, Share.PENDING
    mail = [(SENT, ShareEvent.CONFIRM)]

    def deliver(letter):
        nonlocal sent, received
        table, event = letter
        if table is SENT:
            sent = heard(SENT, sent, event)
        else:
            received = heard(RECEIVED, received, event)

    for act in acts:
        if isinstance(act, int):
            deliver(mail[act % len(mail)])
        elif act is ShareEvent.UNSHARE:
            sent = move(SENT, sent, act)
            mail.append((RECEIVED, act))
        elif (received, act) in RECEIVED:
            received = move(RECEIVED, received, act)
            mail.append((SENT, act))
    rng.shuffle(mail)
    for letter in mail:
        deliver(letter)

    assert sent is received


def test_what_is_held_there_is_open_here():
    """The states in which a share exists on both sides have one name."""
    assert HELD < OPEN
    assert {Share.OFFERED} == OPEN - HELD


def test_an_event_that_does_not_fit_is_refused():
    """The reason names state and event."""
    with pytest.raises(Refused, match="cannot accept what is revoked"):
        move(RECEIVED, Share.REVOKED, ShareEvent.ACCEPT)
    with pytest.raises(Refused):
        move(DEAL, Deal.DONE, DealEvent.REFUSE)
