"""What every store promises, examined over each file in the folder."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from meshsim import plugins
from meshsim.stores import Drop, Put

NAMES = plugins.names("stores")


@pytest.fixture(params=NAMES)
def stores(request, tmp_path):
    stores = plugins.load("stores", request.param)(tmp_path)
    yield stores
    stores.close()


@pytest.fixture
def store(stores):
    return stores.of("alpha.example.org")


def test_each_site_has_its_own_rows(stores):
    """What one writes, another does not see."""
    one, other = stores.of("alpha.example.org"), stores.of("alpha.example.org:8443")
    one.commit([Put("t", "a", 1)])
    other.commit([Put("t", "a", 2), Drop("t", "b")])

    assert ([1], [2]) == (list(one.rows("t")), list(other.rows("t")))


def test_what_is_put_is_got(store):
    """A row is found by table and key."""
    store.commit([Put("shares", "1", "thesis")])

    assert "thesis" == store.getter("shares")("1")


def test_what_is_not_there_is_none(store):
    """Neither an unknown key nor an unknown table is an error."""
    store.commit([Put("shares", "1", "thesis")])

    assert (None, None) == (store.getter("shares")("2"), store.getter("invites")("1"))
    assert [] == list(store.rows("invites"))


def test_rows_come_in_order_of_first_writing(store):
    """Writing a row again does not move it; dropping it does."""
    store.commit([Put("t", "a", 1, "g"), Put("t", "b", 2, "g"), Put("t", "c", 3, "g")])
    store.commit([Put("t", "a", 4, "g"), Drop("t", "b"), Put("t", "b", 5, "g")])

    assert [4, 3, 5] == list(store.rows("t"))
    assert [4, 3, 5] == list(store.rows("t", "g"))


def test_a_group_holds_its_rows_alone(store):
    """Rows of other groups, and of the same group in another table, stay out."""
    store.commit([Put("t", "a", 1, "x"), Put("t", "b", 2, "y"), Put("u", "a", 3, "x")])

    assert [1] == list(store.rows("t", "x"))


def test_a_row_that_changes_its_group_keeps_its_place(store):
    """The order within a group is that of the table, also for a row that comes later."""
    store.commit([Put("t", "a", 1, "x"), Put("t", "b", 2, "y"), Put("t", "a", 3, "y")])

    assert [] == list(store.rows("t", "x"))
    assert [3, 2] == list(store.rows("t", "y"))


def test_rows_are_safe_against_changes_meanwhile(store):
    """What is dropped or written while one reads does not disturb the reading."""
    store.commit([Put("t", "a", 1, "g"), Put("t", "b", 2, "g")])
    for group in (None, "g"):
        rows = store.rows("t", group)
        first = next(rows)
        store.commit([Drop("t", "b"), Put("t", "c", 3, "g")])

        assert [1, 2] == [first, *rows]
        store.commit([Drop("t", "c"), Put("t", "b", 2, "g")])


def test_dropping_what_is_not_there_does_nothing(store):
    """A Drop may come twice, or for a table that never was."""
    store.commit([Drop("t", "a")])
    store.commit([Put("t", "a", 1), Drop("t", "a"), Drop("t", "a")])

    assert [] == list(store.rows("t"))


@pytest.mark.parametrize(
    "bad", [None, "row", Put("t", 1, "x"), Drop(None, "a"), Put("t", "a", None), Put("t", "a", 1, None)]
)
def test_a_malformed_change_undoes_its_whole_group(store, bad):
    """All changes are made or none, also when the last of them is no change."""
    store.commit([Put("t", "old", 1)])
    with pytest.raises(TypeError):
        store.commit([Put("t", "new", 2), Drop("t", "old"), bad])

    assert [1] == list(store.rows("t"))


KEYS = st.sampled_from("abc")
GROUPS = st.sampled_from(["", "x", "y"])
CHANGES = st.lists(
    st.one_of(st.builds(Put, KEYS, KEYS, st.integers(0, 9), GROUPS), st.builds(Drop, KEYS, KEYS)), max_size=5
)


@pytest.mark.parametrize("name", NAMES)
def test_a_store_behaves_as_a_list_of_rows(name):
    """Any sequence of commits leaves what a plain list of rows would hold."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.space = tempfile.TemporaryDirectory()
            self.stores = plugins.load("stores", name)(Path(self.space.name))
            self.store = self.stores.of("alpha.example.org")
            self.model: list[list[Any]] = []

        def teardown(self):
            self.stores.close()
            self.space.cleanup()

        @rule(changes=CHANGES)
        def commit(self, changes):
            self.store.commit(changes)
            for change in changes:
                place = [row for row in self.model if row[:2] == [change.table, change.key]]
                if isinstance(change, Drop):
                    self.model = [row for row in self.model if row not in place]
                elif place:
                    place[0][2:] = [change.row, change.group]
                else:
                    self.model.append([change.table, change.key, change.row, change.group])

        @invariant()
        def agrees(self):
            for table in "abc":
                rows = [row for row in self.model if row[0] == table]

                assert [row[2] for row in rows] == list(self.store.rows(table))
                for group in ("", "x", "y"):
                    assert [row[2] for row in rows if row[3] == group] == list(self.store.rows(table, group))
                for key in "abc":
                    assert next((row[2] for row in rows if row[1] == key), None) == self.store.getter(table)(
                        key
                    )

    run_state_machine_as_test(Machine, settings=settings(max_examples=50, stateful_step_count=20))
