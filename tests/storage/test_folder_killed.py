"""Killed before any step of a change, a folder holds what was there before, or what should be after."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.storage import FULL, StorageError
from meshsim.storage._index import WAITING
from meshsim.storage.folder import build
from meshsim.wire import octets

MARK = {"{urn:x}mark": "<mark/>"}
HOMES = {"bob": {"papers/a.txt": b"a", "empty/": b"", "b.txt": b"b"}}


def start(root):
    return build(lambda: 1000.0, root, HOMES.get)


@pytest.fixture
def root(tmp_path):
    """Some files in a folder of a folder, all of them marked."""
    root = tmp_path / "root"
    storage = start(root)
    for folder in ("/alice", "/alice/desk", "/alice/desk/old"):
        storage.make_folder(folder)
    for path in ("/alice/desk/a", "/alice/desk/old/b", "/alice/desk/old/c"):
        storage.write(path, path.encode())
    for path in tree(storage):
        storage.set_properties(path, MARK)
    storage.close()
    return root


def tree(storage):
    """What is there: content or None for a folder, properties, id and etag, by path."""
    found, pending = {}, ["/"]
    while pending:
        for entry in storage.list(pending.pop()):
            content = None if entry.folder else octets(storage.read(entry.path))
            found[entry.path] = (content, storage.properties(entry.path), entry.file_id, entry.etag)
            pending += [entry.path] if entry.folder else []
    return found


def part(found, fields):
    return {path: entry[:fields] for path, entry in found.items()}


ACTS = {
    "write a new file": lambda s: s.write("/alice/desk/new", b"new"),
    "replace a file": lambda s: s.write("/alice/desk/a", b"other"),
    "replace a file that was seen": lambda s: s.write("/alice/desk/a", b"other", s.stat("/alice/desk/a")),
    "make a folder": lambda s: s.make_folder("/alice/desk/more"),
    "delete a file": lambda s: s.delete("/alice/desk/old/b"),
    "delete a folder": lambda s: s.delete("/alice/desk/old"),
    "move a file": lambda s: s.move("/alice/desk/a", "/alice/moved"),
    "move a folder": lambda s: s.move("/alice/desk/old", "/alice/moved"),
    "copy a folder": lambda s: s.copy("/alice/desk", "/alice/copy"),
    "touch a home": lambda s: s.stat("/bob"),
}
STEPS = ("replace", "rename", "mkdir", "unlink", "pwrite", "ftruncate", "write")


def kills(storage, root, act, patch):
    """Copies of the folder as it would be found after a kill before each step, and after the last."""
    copies = []

    def copy(*_):
        with pytest.MonkeyPatch.context() as inner:
            for name, original in originals.items():
                inner.setattr(os, name, original)
            copies.append(root.with_name(f"killed-{len(copies)}"))
            shutil.copytree(root, copies[-1])

    def before(original):
        def step(*arguments, **options):
            copy()
            return original(*arguments, **options)

        return step

    originals = {name: getattr(os, name) for name in STEPS}
    for name, original in originals.items():
        patch.setattr(os, name, before(original))
    storage._index._database.set_trace_callback(copy)
    act(storage)
    storage._index._database.set_trace_callback(None)
    patch.undo()
    copy()
    return copies


@pytest.mark.parametrize("name", ACTS)
def test_a_kill_before_any_step_leaves_before_or_after(name, root, monkeypatch):
    """Content, properties and ids; and whatever changed has a new etag, up to the home."""
    storage = start(root)
    before = tree(storage)
    copies = kills(storage, root, ACTS[name], monkeypatch)
    after = tree(storage)
    storage.close()
    assert part(before, 2) != part(after, 2)
    seen = set()
    for copy in copies:
        again = start(copy)
        # Without /bob, which would come into being by being looked for.
        found = tree(again)
        done = part(found, 2) == part(after, 2)
        seen.add(done)

        assert done or part(found, 2) == part(before, 2), copy.name
        kept = {entry[2] for entry in before.values()} & {entry[2] for entry in after.values()}
        reached = after if done else before
        assert {path: e[2] for path, e in reached.items() if e[2] in kept} == {
            path: e[2] for path, e in found.items() if e[2] in kept
        }, copy.name
        if done and name != "touch a home":
            assert before["/alice"][3] != found["/alice"][3], copy.name
        assert [] == os.listdir(copy / ".meshsim" / "scratch")
        again.write("/alice/desk/later", b"later")
        again.close()

    assert {True, False} == seen
    assert len(copies) > 3


def test_a_home_is_filled_however_often_its_filling_is_cut_short(root, monkeypatch):
    """It is there with all that belongs in it, and only once in its life."""
    storage = start(root)
    copies = kills(storage, root, ACTS["touch a home"], monkeypatch)
    whole = part(tree(storage), 2)
    storage.close()
    for copy in copies:
        again = start(copy)
        again.stat("/bob")

        assert whole == part(tree(again), 2)
        again.delete("/bob")
        again.close()
        last = start(copy)
        assert last.stat("/bob") is None
        last.close()


def test_an_index_from_before_versions_is_taken_over(root):
    """Ids, etags and properties stay."""
    storage = start(root)
    before = tree(storage)
    storage.close()
    raw = sqlite3.connect(root / ".meshsim" / "index.db")
    raw.executescript("PRAGMA user_version = 0; PRAGMA application_id = 0")
    raw.close()
    again = start(root)

    assert before == tree(again)
    again.close()


def left_by_a_kill(root, number=0):
    """The folder as it is after a kill now; files are linked, so that they are the very same."""
    copy = root.with_name(f"left-{number}")
    shutil.copytree(root, copy, copy_function=os.link)
    for name in ("index.db", "index.db-wal", "change"):
        there = root / ".meshsim" / name
        if there.exists():
            (copy / ".meshsim" / name).unlink()
            shutil.copy2(there, copy / ".meshsim" / name)
    return copy


PLACE = st.sampled_from(["/alice/a", "/alice/b", "/alice/a/a", "/alice/a/b", "/alice/a/a/a"])
CHANGE = st.one_of(
    st.tuples(st.just("write"), PLACE, st.sampled_from([b"", b"1", b"22"])),
    st.tuples(st.just("make_folder"), PLACE),
    st.tuples(st.just("delete"), PLACE),
    st.tuples(st.just("stat"), PLACE),
    st.tuples(st.just("list"), PLACE),
    st.tuples(st.just("set_properties"), PLACE, st.just(MARK)),
    st.tuples(st.just("move"), PLACE, PLACE),
    st.tuples(st.just("copy"), PLACE, PLACE),
)


@given(st.lists(CHANGE, max_size=20))
def test_what_was_told_before_a_kill_holds_after_it(changes):
    """Content, properties, ids and etags, whatever was done, and however little the index was told of it."""
    with tempfile.TemporaryDirectory() as space:
        root = Path(space, "root")
        storage = start(root)
        storage.make_folder("/alice")
        for name, *arguments in changes:
            try:
                getattr(storage, name)(*arguments)
            except StorageError:
                continue
        told = tree(storage)
        again = start(left_by_a_kill(root))

        assert told == tree(again)
        fresh = again.write("/alice/fresh", b"")
        assert fresh.etag not in {entry[3] for entry in told.values()}
        storage.close()
        again.close()
        assert told == tree(start(root))


def test_a_long_row_of_changes_is_all_there_after_a_kill(root):
    """Also across the moments at which many go into the index at once."""
    storage = start(root)
    for number in range(WAITING + 20):
        storage.write(f"/alice/desk/{number % 40}", b"%d" % number)
    told = tree(storage)

    assert told == tree(start(left_by_a_kill(root)))
    storage.close()


def test_a_torn_log_is_read_as_far_as_it_goes(root):
    """As a loss of power may leave it: what was whole holds, the rest is found on the disk and is new."""
    storage = start(root)
    storage.write("/alice/desk/a", b"1")
    one = storage.write("/alice/desk/one", b"1")
    two = storage.write("/alice/desk/two", b"2")
    left = left_by_a_kill(root)
    log = left / ".meshsim" / "change"
    log.write_bytes(log.read_bytes()[:-9])
    again = start(left)

    assert one == again.stat("/alice/desk/one")
    assert b"2" == octets(again.read("/alice/desk/two"))
    assert again.stat("/alice/desk/two").etag != one.etag
    assert two.size == again.stat("/alice/desk/two").size
    storage.close()
    again.close()


def test_what_somebody_else_did_after_a_kill_is_noticed(root):
    """A file and a folder that were told of have other etags once they are not what they were."""
    storage = start(root)
    told = [storage.write("/alice/desk/a", b"1"), storage.stat("/alice/desk")]
    left = left_by_a_kill(root)
    (left / "alice" / "desk" / "a").unlink()
    (left / "alice" / "desk" / "a").write_bytes(b"2")
    again = start(left)

    assert all(entry.etag != again.stat(entry.path).etag for entry in told)
    storage.close()
    again.close()


def test_a_full_disk_under_the_index_is_told(root):
    """As a full disk is anywhere; the content is that of before or after, and whole."""
    storage = start(root)
    storage._index._database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StorageError) as caught:
        storage.set_properties("/alice", {"{urn:x}big": "x" * 200_000})

    assert FULL == caught.value.reason
    assert MARK == storage.properties("/alice")
    storage.close()


def test_with_full_synchronous_every_step_waits_for_the_disk(tmp_path, monkeypatch):
    """Content before it gets its name, the folder after."""
    storage = build(lambda: 0.0, tmp_path / "root", HOMES.get, synchronous="FULL")
    storage.make_folder("/alice")
    steps = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: steps.append("sync") or fsync(number))
    monkeypatch.setattr(os, "replace", lambda *names: steps.append("replace") or replace(*names))
    storage.write("/alice/a", b"words")

    assert ["sync", "replace", "sync"] == steps
    assert storage.stat("/bob/papers/a.txt").size == 1
    assert storage.copy("/bob", "/alice/bob").folder
    storage.close()
