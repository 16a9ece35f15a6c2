"""All drivers tell the same story: random operations give equal answers, refusals and trees."""

import asyncio
import hashlib
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from meshsim import plugins
from meshsim.storage import StorageError
from meshsim.wire import read

HOMES = {"alice": {"a/b/c": b"1", "b/": b"", "c": b"2" * 70_000}, "bob": {}}
NAME = st.sampled_from(["a", "b", "c", "d"])
PATH = st.one_of(
    st.builds(
        lambda home, names: "/" + "/".join([home, *names]),
        st.sampled_from(["alice", "bob", "eve"]),
        st.lists(NAME, max_size=4),
    ),
    st.sampled_from(["/", "", "/alice/../bob", "/alice//a", "/alice/a/", "/alice/./a"]),
)
SIZE = st.sampled_from([0, 1, 70_000])
PROPERTIES = st.dictionaries(
    st.sampled_from(["{urn:x}a", "b"]), st.one_of(st.none(), st.just("<a/>")), max_size=2
)


def story(storage, act, *arguments):
    """What a call gives, without what drivers may number as they like."""
    try:
        result = getattr(storage, act)(*arguments)
        if act == "read":
            return hashlib.sha256(asyncio.run(read(result))).hexdigest()
    except StorageError as error:
        return error.reason
    return plain(result)


def plain(result):
    if isinstance(result, list):
        return [plain(entry) for entry in result]
    if hasattr(result, "etag"):
        return result.path, result.folder, result.size, result.modified, result.created
    return result


class Drivers(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.time = 1000.0
        self.space = tempfile.TemporaryDirectory()
        self.drivers = [
            plugins.load("storage", name)(lambda: self.time, Path(self.space.name) / name, HOMES.get)
            for name in plugins.names("storage")
        ]

    def teardown(self):
        self.drivers.clear()
        self.space.cleanup()

    def same(self, act, *arguments):
        first, *others = [story(driver, act, *arguments) for driver in self.drivers]

        for other in others:
            assert first == other, (act, arguments[:1])
        return first

    @rule(seconds=st.integers(1, 9))
    def wait(self, seconds):
        self.time += seconds

    @rule(path=PATH, size=SIZE)
    def write(self, path, size):
        self.same("write", path, b"x" * size)

    @rule(path=PATH, size=SIZE, to=PATH)
    def upload(self, path, size, to):
        """Something else may happen to the place meanwhile."""
        uploads = []
        for driver in self.drivers:
            try:
                uploads.append(driver.upload(path))
            except StorageError as error:
                uploads.append(error.reason)
        if isinstance(uploads[0], str):
            assert len(set(uploads)) == 1
            return
        self.same("delete", to)
        ends = []
        for upload in uploads:
            try:
                upload.write(b"y" * size)
                ends.append(plain(upload.commit()))
            except StorageError as error:
                ends.append(error.reason)
            upload.abort()
        assert ends[0] == ends[1]

    @rule(path=PATH)
    def make_folder(self, path):
        self.same("make_folder", path)

    @rule(path=PATH)
    def delete(self, path):
        self.same("delete", path)

    @rule(source=PATH, to=PATH)
    def move(self, source, to):
        self.same("move", source, to)

    @rule(source=PATH, to=PATH)
    def copy(self, source, to):
        self.same("copy", source, to)

    @rule(
        path=PATH, start=st.sampled_from([0, 1, 69_999, 80_000]), length=st.sampled_from([None, 0, 2, 66_000])
    )
    def read(self, path, start, length):
        self.same("read", path, start, length)

    @rule(path=PATH, changes=PROPERTIES)
    def set_properties(self, path, changes):
        if path != "/":
            self.same("set_properties", path, changes)

    @rule(path=PATH)
    def look(self, path):
        if path != "/":
            self.same("stat", path)
            self.same("properties", path)

    @invariant()
    def trees_are_equal(self):
        pending = [path for path in ("/alice", "/bob", "/eve") if self.same("stat", path)]
        while pending:
            path = pending.pop()
            self.same("properties", path)
            listed = self.same("list", path)
            if isinstance(listed, list):
                pending += [entry[0] for entry in listed]


def test_drivers_agree():
    """No sequence of operations tells one driver from another."""
    run_state_machine_as_test(Drivers, settings=settings(max_examples=30, stateful_step_count=20))
