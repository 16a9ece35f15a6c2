import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from meshsim.storage import BAD_PATH, EXISTS, FULL, MISSING, NO_PARENT, StorageError
from meshsim.storage.folder import build
from meshsim.wire import read


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


@pytest.fixture
def storage(root):
    storage = build(lambda: 1000.0, root)
    storage.make_folder("/alice")
    return storage


def reason(act, *arguments):
    with pytest.raises(StorageError) as caught:
        act(*arguments)
    return caught.value.reason


def test_files_are_ordinary_files(storage, root):
    """Another program finds the content where the path says."""
    storage.make_folder("/alice/a")
    storage.write("/alice/a/b", b"words")

    assert b"words" == (root / "alice" / "a" / "b").read_bytes()


def test_a_big_file_is_handed_out_as_a_slice(storage, root):
    """Beyond 64 KiB nothing is read into memory; a small part of a big file is bytes."""
    storage.write("/alice/big", b"x" * 70_000)
    path = str(root.resolve() / "alice" / "big")

    def slice_from(start):
        found = storage.read("/alice/big", start)
        return found.path, found.offset, found.length

    assert (path, 0, 70_000) == slice_from(0)
    assert (path, 100, 69_900) == slice_from(100)
    assert b"x" * 65_536 == storage.read("/alice/big", 0, 65_536)


@pytest.mark.parametrize("change", ["write", "delete"])
def test_a_slice_keeps_its_content(storage, change):
    """Who was promised the old content gets all of it, whatever becomes of the file."""
    storage.write("/alice/big", b"x" * 70_000)
    found = storage.read("/alice/big")
    getattr(storage, change)("/alice/big", *([b"new"] if change == "write" else []))

    assert b"x" * 70_000 == asyncio.run(read(found))


def test_an_upload_that_is_given_up_leaves_no_scrap(storage, root):
    """Nor does one whose place went away."""
    scratch = root / ".meshsim" / "scratch"
    for give_up in (True, False):
        storage.make_folder("/alice/in")
        upload = storage.upload("/alice/in/a")
        upload.write(b"x")
        assert 1 == len(os.listdir(scratch))
        storage.delete("/alice/in")
        if not give_up:
            assert NO_PARENT == reason(upload.commit)
        upload.abort()
        assert [] == os.listdir(scratch)


def test_threads_may_share_it(storage):
    """Many at once: nothing is lost, no version is given twice, and each read is of one write."""
    storage.make_folder("/alice/in")

    def work(number):
        entries = []
        for turn in range(10):
            entries.append(storage.write(f"/alice/in/{number}", bytes([number]) * 1000))
            entries.append(storage.write("/alice/in/all", bytes([number]) * (1000 + number)))
            data = asyncio.run(read(storage.read("/alice/in/all")))
            assert len(data) == 1000 + data[0] == 1000 + data[-1]
            storage.list("/alice/in")
            storage.copy("/alice/in", f"/alice/copy-{number}-{turn}")
        return [entry.etag for entry in entries]

    with ThreadPoolExecutor(4) as pool:
        etags = [etag for found in pool.map(work, range(4)) for etag in found]

    assert 80 == len(set(etags))
    assert ["0", "1", "2", "3", "all"] == [
        entry.path.rpartition("/")[2] for entry in storage.list("/alice/in")
    ]
    assert 40 == len(storage.list("/alice")) - 1


def test_the_index_is_no_part_of_the_tree(storage):
    """It is not listed, and nobody reads or writes it by its path."""
    assert ["/alice"] == [entry.path for entry in storage.list("/")]
    for path in ("/.meshsim", "/.meshsim/index.db"):
        assert BAD_PATH == reason(storage.stat, path)
        assert BAD_PATH == reason(storage.write, path, b"")
        assert BAD_PATH == reason(storage.move, "/alice", path)


def test_a_user_may_have_a_folder_of_the_name_of_the_index(storage):
    """Only at the root is the name taken."""
    storage.make_folder("/alice/.meshsim")

    assert ["/alice/.meshsim"] == [entry.path for entry in storage.list("/alice")]


def test_what_is_kept_of_a_small_file_is_never_old(storage, root):
    """Its content is remembered once it is at rest, and forgotten when it is another version."""
    file = root / "alice" / "a"

    def content(known):
        return storage.read("/alice/a", known=known), storage.read("/alice/a", 1, 2, known=known)

    def at_rest(data, moment):
        file.write_bytes(data)
        os.utime(file, (moment, moment))
        return storage.stat("/alice/a")

    known = at_rest(b"words", 1000)
    assert [(b"words", b"or")] * 3 == [content(known) for _ in range(3)]
    file.unlink()
    assert (b"words", b"or") == content(known)  # as it was when it was looked at
    assert storage.stat("/alice/a") is None
    assert (b"other", b"th") == content(at_rest(b"other", 2000))
    storage.write("/alice/a", b"third")
    assert (b"third", b"hi") == content(storage.stat("/alice/a"))


def test_everything_is_there_after_a_restart(storage, root):
    """Content, ids, etags, times and properties; what a crash left half written is gone."""
    storage.write("/alice/a", b"words")
    storage.set_properties("/alice/a", {"{urn:x}a": "<a/>"})
    (root / ".meshsim" / "scratch" / "99").write_bytes(b"half")
    before = storage.list("/alice")
    storage.close()
    again = build(lambda: 2000.0, root)

    assert before == again.list("/alice")
    assert {"{urn:x}a": "<a/>"} == again.properties("/alice/a")
    assert [] == os.listdir(root / ".meshsim" / "scratch")


def test_a_home_deleted_before_a_restart_stays_deleted(root):
    """Homes are filled once in the life of the folder, not of the process."""

    def start():
        return build(lambda: 0.0, root, lambda home: {"a": b""})

    first = start()
    first.delete("/bob")
    first.close()

    assert start().stat("/bob") is None


def test_a_home_that_is_there_is_taken_as_it_is(root):
    """An operator's own files are not mixed with invented ones."""
    (root / "bob").mkdir(parents=True)
    (root / "bob" / "mine").write_bytes(b"1")
    storage = build(lambda: 0.0, root, lambda home: {"a": b""})

    assert ["/bob/mine"] == [entry.path for entry in storage.list("/bob")]


def test_a_change_by_somebody_else_is_noticed(storage, root):
    """The file keeps its id and gets a new etag; so does a folder with a new member."""
    written = storage.write("/alice/a", b"words")
    folder = storage.stat("/alice")
    (root / "alice" / "a").write_bytes(b"other words")
    (root / "alice" / "b").write_bytes(b"")
    changed = storage.stat("/alice/a")

    assert (written.file_id, 11) == (changed.file_id, changed.size)
    assert written.etag != changed.etag
    assert folder.etag != storage.stat("/alice").etag


def test_a_file_replaced_by_somebody_else_is_a_new_version(storage, root):
    """Also one of the same size and time, as tools that keep times leave behind."""
    written = storage.write("/alice/a", b"words")
    before = os.stat(root / "alice" / "a")
    (root / "alice" / "new").write_bytes(b"other")
    os.utime(root / "alice" / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(root / "alice" / "new", root / "alice" / "a")

    assert written.etag != storage.stat("/alice/a").etag


def test_a_file_deleted_by_somebody_else_leaves_nothing(storage, root):
    """A new file at the name is another file, without the old one's properties."""
    written = storage.write("/alice/a", b"words")
    storage.set_properties("/alice/a", {"{urn:x}a": "<a/>"})
    (root / "alice" / "a").unlink()
    again = storage.write("/alice/a", b"words")

    assert written.file_id != again.file_id
    assert {} == storage.properties("/alice/a")


@pytest.fixture
def secret(tmp_path, root, storage):
    """A file and a folder outside the root, and symbolic links to both inside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"CANARY")
    (root / "alice" / "file").symlink_to(outside / "secret")
    (root / "alice" / "folder").symlink_to(outside)
    (root / "alice" / "inner").symlink_to(root / "alice")
    return outside / "secret"


LINKS = ["/alice/file", "/alice/folder", "/alice/folder/secret", "/alice/inner", "/alice/inner/inner"]


@pytest.mark.parametrize("path", LINKS)
def test_symbolic_links_are_not_there(storage, secret, path):
    """Neither one, nor what is behind it, is seen, read, moved, copied or deleted."""
    assert storage.stat(path) is None
    assert [MISSING] * 5 == [
        reason(storage.read, path),
        reason(storage.list, path),
        reason(storage.delete, path),
        reason(storage.move, path, "/alice/new"),
        reason(storage.copy, path, "/alice/new"),
    ]


def test_symbolic_links_are_not_written_through(storage, secret):
    """Their names are taken, and nothing goes where they point."""
    assert EXISTS == reason(storage.write, "/alice/file", b"mine")
    assert EXISTS == reason(storage.make_folder, "/alice/folder")
    for act in (storage.write, storage.copy, storage.move):
        with pytest.raises(StorageError):
            act("/alice/folder/new", b"" if act == storage.write else "/alice/folder/x")
    assert b"CANARY" == secret.read_bytes()
    assert ["secret"] == os.listdir(secret.parent)


def test_symbolic_links_are_neither_copied_nor_followed_by_a_delete(storage, secret):
    """What they point to is not in the copy, and outlives the folder they were in."""
    storage.write("/alice/a", b"")
    storage.copy("/alice", "/bob")
    storage.delete("/alice")

    assert ["/bob/a"] == [entry.path for entry in storage.list("/bob")]
    assert b"CANARY" == secret.read_bytes()


def test_pipes_and_names_that_are_no_text_are_not_there(storage, root):
    """Opening a pipe would wait for ever; a name that is no UTF-8 has no path."""
    os.mkfifo(root / "alice" / "pipe")
    (root / "alice").joinpath(os.fsdecode(b"\xff")).write_bytes(b"")

    assert storage.stat("/alice/pipe") is None
    assert [] == storage.list("/alice")


def test_a_full_disk_is_told_and_leaves_the_old_content(storage, root, monkeypatch):
    """The write fails as a whole; the file and its etag are as before, and no scrap is left."""
    before = storage.write("/alice/a", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)

    assert FULL == reason(storage.write, "/alice/a", b"new")
    assert (before, b"old") == (storage.stat("/alice/a"), storage.read("/alice/a"))
    assert [] == os.listdir(root / ".meshsim" / "scratch")


def test_a_root_is_needed():
    """There is no default place on the disk."""
    with pytest.raises(ValueError, match="root"):
        build(lambda: 0.0)
