"""Killed before any step of a change, a folder holds what was there before, or what should be after."""

import os
import shutil
import sqlite3

import pytest

from meshsim.storage import FULL, StorageError
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
    assert len(copies) > 8


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
