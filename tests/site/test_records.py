"""Rows, where they lie, and what is not told when they are printed."""

import pytest
from msgspec.structs import replace

from meshsim import plugins
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.lifecycle import Deal, DealEvent, Refused, Share, ShareEvent
from meshsim.site import records as r

SENT = r.SentShare(
    *("p1", "alice", "/alice/x.txt", "x.txt", "file", OcmAddress("bob", "b.example"), "user"),
    *(("read",), (), "s3cret", None, 0.0),
)
RECEIVED = r.ReceivedShare(
    *("a.example p1", "a.example", "p1", "bob", "user", "alice@a.example", "alice@a.example", "x.txt"),
    *("file", "p1", "s3cret", False, ("read",), (), None, 0.0, b"digest"),
)


@pytest.fixture
def records():
    return r.Records(plugins.load("stores", "memory")().of("a.example"))


def test_every_kind_of_row_is_found_where_it_was_put(records):
    """By key, and by the user it belongs to."""
    friend = OcmAddress("zoe", "z.example")
    rows = [
        (SENT, records.sent, "p1", records.sent_by),
        (RECEIVED, records.received, "a.example p1", records.received_by),
        (r.Invitation("t", "alice", "", 1.0), records.invitation, "t", records.invitations),
        (r.Joining("j", "bob", "t", "a.example"), records.joining, "j", records.joinings),
        (r.Wish("w", "K", "bob", "h", True, "x", "y", (), "file", "o"), records.wish, "w", records.wishes),
    ]
    for row, get, key, listed in rows:
        assert get(key) is None
        records.commit([row.put()])
        assert row == get(key)
        user = getattr(row, "owner", None) if row is SENT else getattr(row, "user", "bob")
        assert [row] == list(listed(user)) == list(listed())
        assert [] == list(listed("nobody"))
    contact = r.Contact("bob", friend, "Zoe", "", 0.0)
    records.commit([contact.put(), r.Parting("bob", friend).put()])
    assert (contact, r.Parting("bob", friend)) == (
        records.contact("bob", friend),
        records.parting(r.contact_key("bob", friend)),
    )


def test_a_share_is_found_by_secret_and_by_what_was_given_to_whom(records):
    """The indexes are written with it."""
    records.commit([SENT.put(), *r.put_indexes(SENT)])

    assert SENT == records.sent_with_secret("s3cret") == records.latest("/alice/x.txt", SENT.recipient)
    assert records.sent_with_secret("other") is None
    assert records.latest("/alice/y.txt", SENT.recipient) is None


def test_steps_follow_the_tables():
    """A step makes a new row, or is refused."""
    assert Share.PENDING is r.step_sent(SENT, ShareEvent.CONFIRM).state
    assert Share.OFFERED is SENT.state
    assert Share.ACCEPTED is r.step_received(RECEIVED, ShareEvent.ACCEPT).state
    invitation = r.step_deal(r.Invitation("t", "a", "", 1.0), DealEvent.AGREE)
    assert Deal.DONE is invitation.state
    with pytest.raises(Refused):
        r.step_received(replace(RECEIVED, state=Share.REVOKED), ShareEvent.ACCEPT)


def test_secrets_are_not_printed():
    """A log line with a share in it gives nothing away."""
    assert "s3cret" not in f"{SENT} {SENT!r} {RECEIVED} {RECEIVED!r}"
