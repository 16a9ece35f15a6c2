"""What every storage promises, examined over each file in the folder."""

import asyncio

import pytest

from meshsim import plugins
from meshsim.storage import (
    BAD_PATH,
    EXISTS,
    IS_FOLDER,
    MISSING,
    NO_PARENT,
    NOT_FOLDER,
    TOO_LARGE,
    StorageError,
)
from meshsim.wire import read

HOME = {"papers/thesis.txt": b"words", "papers/old/": b"", "todo": b"rest"}


class Moment:
    """A clock that the test sets."""

    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def now():
    return Moment()


@pytest.fixture(params=plugins.names("storage"))
def storage(request, tmp_path, now):
    build = plugins.load("storage", request.param)
    return build(now, root=tmp_path / "root", populate=lambda home: HOME if home == "alice" else None)


def content(storage, path, *part):
    return asyncio.run(read(storage.read(path, *part)))


def reason(act, *arguments):
    with pytest.raises(StorageError) as caught:
        act(*arguments)
    return caught.value.reason


def names(storage, path):
    return [entry.path.rpartition("/")[2] for entry in storage.list(path)]


def test_a_home_is_filled_when_it_is_touched(storage):
    """Its files, the folders between, and its empty folders are there at the first look."""
    assert b"words" == content(storage, "/alice/papers/thesis.txt")
    assert ["papers", "todo"] == names(storage, "/alice")
    assert ["old", "thesis.txt"] == names(storage, "/alice/papers")


def test_there_is_nothing_for_a_stranger(storage):
    """A home that populate does not know is not there, and becomes none by being asked for."""
    assert storage.stat("/bob") is None
    assert MISSING == reason(storage.list, "/bob")
    assert NO_PARENT == reason(storage.write, "/bob/x", b"")
    assert [] == storage.list("/")


def test_a_deleted_home_stays_deleted(storage):
    """It is not filled a second time."""
    storage.delete("/alice")

    assert storage.stat("/alice/todo") is None
    storage.make_folder("/alice")
    assert [] == storage.list("/alice")


def test_what_is_written_is_read_back(storage):
    """All of it, and nothing else."""
    storage.write("/alice/a", b"\x00\xff" * 10)

    assert b"\x00\xff" * 10 == content(storage, "/alice/a")


def test_what_was_seen_just_now_is_replaced_like_anything_else(storage):
    """It keeps its id, and gets another etag."""
    storage.write("/alice/a", b"old")
    seen = storage.stat("/alice/a")
    entry = storage.write("/alice/a", b"newer", seen)

    assert (entry, b"newer") == (storage.stat("/alice/a"), content(storage, "/alice/a"))
    assert (5, seen.file_id) == (entry.size, entry.file_id)
    assert seen.etag != entry.etag


def test_what_was_seen_before_others_came_is_looked_at_anew(storage):
    """A file that they changed, removed or made a folder of meanwhile."""
    seen = storage.write("/alice/a", b"old")
    changed = storage.write("/alice/a", b"newer")
    written = storage.write("/alice/a", b"newest", seen)
    assert (changed.file_id, b"newest") == (written.file_id, content(storage, "/alice/a"))
    storage.delete("/alice/a")
    anew = storage.write("/alice/a", b"again", written)
    assert (anew, b"again") == (storage.stat("/alice/a"), content(storage, "/alice/a"))
    assert written.file_id != anew.file_id
    storage.delete("/alice/a")
    folder = storage.make_folder("/alice/a")
    assert IS_FOLDER == reason(storage.write, "/alice/a", b"x", anew)
    assert IS_FOLDER == reason(storage.write, "/alice/a", b"x", folder)


def test_what_comes_in_parts_is_there_at_the_end_and_not_before(storage):
    """Until then the old content is; an upload that is given up changes nothing, not even an etag."""
    before = storage.write("/alice/a", b"old")
    for chunks in ([], [b"ne", b"", b"w" * 100_000]):
        upload = storage.upload("/alice/a")
        for chunk in chunks:
            upload.write(chunk)
        assert (before, b"old") == (storage.stat("/alice/a"), content(storage, "/alice/a"))
        upload.abort()
        assert (before, b"old") == (storage.stat("/alice/a"), content(storage, "/alice/a"))
    upload = storage.upload("/alice/a")
    upload.write(b"n")
    upload.write(b"ew")
    entry = upload.commit()
    upload.abort()

    assert (entry, b"new") == (storage.stat("/alice/a"), content(storage, "/alice/a"))
    assert (3, before.file_id) == (entry.size, entry.file_id)
    assert before.etag != entry.etag


def test_the_later_of_two_uploads_of_one_file_stays(storage):
    """Both end well, and neither mixes into the other."""
    uploads = [storage.upload("/alice/new") for _ in range(2)]
    for upload, data in zip(uploads, [b"1", b"2"], strict=True):
        upload.write(data * 3)
    assert storage.stat("/alice/new") is None
    etags = {upload.commit().etag for upload in reversed(uploads)}

    assert (2, b"111") == (len(etags), content(storage, "/alice/new"))


def test_an_upload_is_refused_like_a_write(storage):
    """At once where it can be known, else when it is to end; and beyond the largest file."""
    assert [IS_FOLDER, IS_FOLDER, NO_PARENT, NO_PARENT] == [
        reason(storage.upload, path) for path in ("/", "/alice/papers", "/alice/none/x", "/alice/todo/x")
    ]
    upload = storage.upload("/alice/new")
    storage.make_folder("/alice/new")
    assert IS_FOLDER == reason(upload.commit)
    upload.abort()
    type(storage).largest, largest = 5, storage.largest
    try:
        upload = storage.upload("/alice/b")
        upload.write(b"12345")
        assert TOO_LARGE == reason(upload.write, b"6")
        upload.abort()
        assert TOO_LARGE == reason(storage.write, "/alice/b", b"123456")
    finally:
        type(storage).largest = largest
    assert storage.stat("/alice/b") is None


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 200_000])
@pytest.mark.parametrize(
    "part", [(), (0, 0), (1,), (0, 10), (5, 70_000), (199_999,), (300_000,), (0, 1 << 40), (64 * 1024, 1)]
)
def test_a_part_is_read_as_from_bytes(storage, size, part):
    """A start beyond the end gives nothing, a length beyond it what is left."""
    data = bytes(range(256)) * 800
    storage.write("/alice/a", data[:size])
    start, length = (*part, None, None)[:2] if part else (0, None)

    assert data[:size][start:][:length] == content(storage, "/alice/a", *part)


def test_an_entry_tells_what_is_there(storage, now):
    """Size, kind and times are those of the site's own clock."""
    now.time = 5000.0
    storage.write("/alice/a", b"12345")
    now.time = 6000.0
    entry = storage.write("/alice/a", b"123")

    assert ("/alice/a", False, 3, 6000.0, 5000.0) == (
        entry.path,
        entry.folder,
        entry.size,
        entry.modified,
        entry.created,
    )
    assert entry == storage.stat("/alice/a")
    assert entry in storage.list("/alice")


def test_a_folder_has_no_size(storage):
    """It is marked as a folder."""
    entry = storage.make_folder("/alice/new")

    assert (True, 0) == (entry.folder, entry.size)
    assert entry == storage.stat("/alice/new")


def test_looking_changes_nothing(storage):
    """Reading, listing and asking leave every etag as it was."""
    before = storage.stat("/alice/papers/thesis.txt"), storage.list("/alice")
    content(storage, "/alice/papers/thesis.txt")
    storage.properties("/alice/papers/thesis.txt")

    assert before == (storage.stat("/alice/papers/thesis.txt"), storage.list("/alice"))


def test_each_write_gives_a_new_etag(storage):
    """Also a write of the same bytes at the same moment."""
    etags = {storage.write("/alice/a", b"same").etag for _ in range(5)}

    assert 5 == len(etags)


def test_a_change_is_seen_in_every_folder_above_and_nowhere_else(storage):
    """Sync clients find what changed by going down where etags differ."""
    storage.make_folder("/alice/other")

    def etags():
        return [
            storage.stat(path).etag
            for path in ("/alice", "/alice/papers", "/alice/papers/old", "/alice/other")
        ]

    for act in (
        lambda: storage.write("/alice/papers/new", b"1"),
        lambda: storage.write("/alice/papers/new", b"2"),
        lambda: storage.move("/alice/papers/new", "/alice/papers/newer"),
        lambda: storage.copy("/alice/papers/newer", "/alice/papers/twin"),
        lambda: storage.delete("/alice/papers/twin"),
        lambda: storage.make_folder("/alice/papers/folder"),
    ):
        before = etags()
        act()
        assert [True, True, False, False] == [a != b for a, b in zip(before, etags(), strict=True)]


def test_a_folder_is_modified_by_its_members_coming_and_going(storage, now):
    """Not by what happens in them."""
    storage.stat("/alice")
    now.time = 2000.0
    storage.write("/alice/papers/thesis.txt", b"more words")
    kept = storage.stat("/alice/papers").modified
    storage.write("/alice/papers/new", b"")

    assert (1000.0, 2000.0) == (kept, storage.stat("/alice/papers").modified)


def test_a_moved_file_is_the_same_file(storage):
    """Its id, times, content and properties go along; nothing is left behind."""
    before = storage.stat("/alice/papers/thesis.txt")
    storage.set_properties("/alice/papers/thesis.txt", {"{urn:x}a": "<a/>"})
    after = storage.move("/alice/papers/thesis.txt", "/alice/thesis.md")

    assert (before.file_id, before.created, before.modified) == (after.file_id, after.created, after.modified)
    assert b"words" == content(storage, "/alice/thesis.md")
    assert {"{urn:x}a": "<a/>"} == storage.properties("/alice/thesis.md")
    assert storage.stat("/alice/papers/thesis.txt") is None


def test_a_moved_folder_takes_all_with_it(storage):
    """Ids and properties of what is in it stay."""
    before = storage.stat("/alice/papers"), storage.stat("/alice/papers/thesis.txt")
    storage.set_properties("/alice/papers/thesis.txt", {"{urn:x}a": "<a/>"})
    storage.move("/alice/papers", "/alice/study")
    after = storage.stat("/alice/study"), storage.stat("/alice/study/thesis.txt")

    assert [entry.file_id for entry in before] == [entry.file_id for entry in after]
    assert [entry.etag for entry in before] == [entry.etag for entry in after]
    assert {"{urn:x}a": "<a/>"} == storage.properties("/alice/study/thesis.txt")
    assert storage.stat("/alice/papers") is None


def test_a_copy_is_another_file(storage, now):
    """Content and properties are the same, the id is not, and neither sees changes of the other."""
    storage.set_properties("/alice/papers/thesis.txt", {"{urn:x}a": "<a/>"})
    now.time = 3000.0
    storage.copy("/alice/papers", "/alice/twin")
    storage.write("/alice/twin/thesis.txt", b"other")
    storage.set_properties("/alice/twin/thesis.txt", {"{urn:x}a": "<b/>"})

    assert ["old", "thesis.txt"] == names(storage, "/alice/twin")
    assert b"words" == content(storage, "/alice/papers/thesis.txt")
    assert {"{urn:x}a": "<a/>"} == storage.properties("/alice/papers/thesis.txt")
    assert 3000.0 == storage.stat("/alice/twin").created
    ids = [entry.file_id for folder in ("papers", "twin") for entry in storage.list(f"/alice/{folder}")]
    assert 4 == len(set(ids))


def test_properties_are_set_and_removed(storage):
    """Others stay; removing what is not there is no error; a new file at the name has none."""
    storage.set_properties("/alice/todo", {"{urn:x}a": "<a/>", "{urn:x}b": "<b/>"})
    storage.set_properties("/alice/todo", {"{urn:x}a": None, "{urn:x}c": "<c/>", "{urn:x}d": None})

    assert {"{urn:x}b": "<b/>", "{urn:x}c": "<c/>"} == storage.properties("/alice/todo")
    storage.delete("/alice/todo")
    storage.write("/alice/todo", b"")
    assert {} == storage.properties("/alice/todo")


def test_names_differ_as_they_are_spelt(storage):
    """Case, composition, spaces, backslashes, dots at the end: every name is itself."""
    spellings = ["a", "A", "\u00e9", "e\u0301", " ", "a ", "a.", "...", "a\\b", "%2e%2e", "\n", "x" * 255]
    for name in spellings:
        storage.write(f"/alice/papers/old/{name}", name.encode())

    assert sorted(spellings) == names(storage, "/alice/papers/old")
    assert [name.encode() for name in spellings] == [
        content(storage, f"/alice/papers/old/{name}") for name in spellings
    ]


BAD_PATHS = [
    "",
    "alice",
    "//alice",
    "/alice/",
    "/alice//x",
    "/alice/.",
    "/alice/..",
    "/alice/../alice/todo",
    "/./alice",
    "/..",
    "/alice/a\0b",
    "/alice/" + "x" * 256,
    "/alice/" + "\u00e9" * 128,
    "/alice/\ud800",
    "/alice" + "/x" * 2000,
]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_a_bad_path_is_refused_by_every_call(storage, path):
    """Nothing is done with it, not even looking."""
    acts = [
        (storage.stat, path),
        (storage.list, path),
        (storage.read, path),
        (storage.write, path, b""),
        (storage.upload, path),
        (storage.make_folder, path),
        (storage.delete, path),
        (storage.move, path, "/alice/new"),
        (storage.move, "/alice/todo", path),
        (storage.copy, path, "/alice/new"),
        (storage.copy, "/alice/todo", path),
        (storage.properties, path),
        (storage.set_properties, path, {"{urn:x}a": "<a/>"}),
    ]

    assert [BAD_PATH] * len(acts) == [reason(*act) for act in acts]


def test_what_cannot_be_done_has_its_reason(storage):
    """Each refusal names the constant that fits, and changes nothing."""
    before = storage.list("/alice")
    missing, folder, file = "/alice/none", "/alice/papers", "/alice/todo"
    refused = {
        MISSING: [
            (storage.list, missing),
            (storage.read, missing),
            (storage.delete, missing),
            (storage.move, missing, "/alice/x"),
            (storage.copy, missing, "/alice/x"),
            (storage.properties, missing),
            (storage.set_properties, missing, {}),
        ],
        EXISTS: [
            (storage.make_folder, folder),
            (storage.make_folder, file),
            (storage.move, file, folder),
            (storage.move, file, file),
            (storage.copy, folder, file),
        ],
        NO_PARENT: [
            (storage.write, missing + "/x", b""),
            (storage.write, file + "/x", b""),
            (storage.make_folder, missing + "/x"),
            (storage.make_folder, file + "/x"),
            (storage.move, file, missing + "/x"),
            (storage.copy, file, missing + "/x"),
        ],
        IS_FOLDER: [(storage.read, folder), (storage.write, folder, b"")],
        NOT_FOLDER: [(storage.list, file)],
        BAD_PATH: [
            (storage.move, folder, folder + "/in"),
            (storage.copy, folder, folder + "/old/in"),
            (storage.delete, "/"),
        ],
    }

    for expected, acts in refused.items():
        assert [expected] * len(acts) == [reason(*act) for act in acts]
    assert before == storage.list("/alice")


def test_nothing_gets_too_deep_to_be_reached(storage):
    """A folder is moved or copied only where all that is in it has a path; so it can always be deleted."""
    deep = "/alice/papers"
    for _ in range(100):
        deep += "/d"
        storage.make_folder(deep)
    storage.move("/alice/papers", "/alice/moved")
    storage.copy("/alice/moved", "/alice/twin")
    end = deep.replace("papers", "twin")

    assert [BAD_PATH] * 2 == [
        reason(act, "/alice/moved", end + "/in") for act in (storage.move, storage.copy)
    ]
    assert [] == storage.list(end)
    storage.delete("/alice/moved")
    storage.delete("/alice/twin")
    assert ["todo"] == names(storage, "/alice")
