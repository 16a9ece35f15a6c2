import sys

from meshsim.storage.memory import build


def test_homes_nobody_looks_at_cost_nothing():
    """Of thousands of users, only those touched are asked for their files."""
    asked = []

    def populate(home):
        asked.append(home)
        return {"a": b""}

    storage = build(lambda: 0.0, populate=populate)
    storage.stat("/user4711/a")
    storage.stat("/user4711/b")

    assert ["user4711"] == asked
    assert ["/user4711"] == [entry.path for entry in storage.list("/")]


def test_the_same_operations_give_the_same_entries():
    """Etags and ids come from the order of operations, not from a wall clock or chance."""

    def entries():
        storage = build(lambda: 7.0, populate=lambda home: {"x/y": b"1", "z/": b""})
        storage.write("/a/x/y", b"2")
        storage.copy("/a/x", "/a/w")
        storage.delete("/a/z")
        return storage.list("/a"), storage.list("/a/w")

    assert entries() == entries()


def test_a_storage_nobody_uses_is_small():
    """It counts towards the few kilobytes that a site may cost before it is used."""
    storage = build(lambda: 0.0)
    parts = [storage, storage._root, storage._root.children, storage._populated]

    assert 600 > sum(map(sys.getsizeof, parts))
