"""The books hold every entry, and outlive whoever wrote them."""

from itertools import count

import msgspec

from loadtests.ledger import ACKNOWLEDGED, ROOM, SENT, UNSHARED, Ledger, Note, digest, lines


def filled(path=None):
    ledger = Ledger(count(100).__next__, "w0-", path)
    one = ledger.open("share", "a@x", "b@y", content={"": digest(b"1")})
    ledger.tell(one, ACKNOWLEDGED, "S1")
    two = ledger.open("file", "a@x", "a@x", share="/f")
    ledger.tell(one, UNSHARED)
    return ledger, one, two


def test_an_entry_knows_what_it_was_told_and_when():
    """And what it is called since it was acknowledged."""
    ledger, one, two = filled()

    assert {SENT: 100, ACKNOWLEDGED: 101, UNSHARED: 103} == one.told
    assert ("S1", "x", ("b@y",)) == (one.share, one.host, one.takers)
    assert ["w0-1", "w0-2"] == list(ledger.entries) == [one.id, two.id]


def test_the_books_of_a_worker_can_be_made_again_from_its_lines():
    """In any order twice over; what was taken is not given again."""
    ledger, *_ = filled()
    sent = msgspec.msgpack.encode(ledger.take())
    assert [] == ledger.take()
    master = Ledger(lambda: 0.0)
    for _ in range(2):
        for note in msgspec.msgpack.decode(sent, type=list[Note]):
            master.add(note)

    assert ledger.entries == master.entries


def test_what_a_killed_worker_wrote_is_read_to_its_last_whole_line(tmp_path):
    """Each line is in the file before anything else happens."""
    path = tmp_path / "w0.ledger"
    ledger, *_ = filled(path)
    ledger._file.write(b'{"id":"w0-3","ev')
    master = Ledger(lambda: 0.0)
    for note in lines(path):
        master.add(note)
    ledger.close()

    assert ledger.entries == master.entries
    assert 0o600 == path.stat().st_mode & 0o777


def test_books_grow_and_leave_nothing_but_lines(tmp_path):
    """Beyond the room that their file had at first; also a line that is longer than that."""
    path = tmp_path / "w0.ledger"
    ledger = Ledger(lambda: 1.0, "w0-", path)
    written = [ledger.open("share", "a@x", "b@y", share="s" * size) for size in (10, ROOM * 2, 10)]
    for entry in written * 1000:
        ledger.tell(entry, ACKNOWLEDGED)
    found = list(lines(path))
    ledger.close()

    assert 3 + 3000 == len(found)
    assert [10, ROOM * 2, 10] == [len(note.entry.share) for note in found[:3]]
    assert found == list(lines(path))
    assert b"\0" not in path.read_bytes()
