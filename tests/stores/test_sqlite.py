"""Records on disk: what was committed is there again, each kind of row alike, in one file or in many."""

import os
import signal
import sqlite3
import subprocess
import sys
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim import plugins
from meshsim.database import DataError, statements
from meshsim.ocm.address import OcmAddress
from meshsim.site import records
from meshsim.site.records import TYPES
from meshsim.stores import Drop, Put, sqlite

ALPHA, BETA = "alpha.example.org", "beta.example.org:8443"


@pytest.fixture
def start(tmp_path):
    """Opens the stores in one folder; what was open before is closed."""
    running = []

    def start(**options):
        while running:
            running.pop().close()
        running.append(sqlite.build(tmp_path, TYPES, **options))
        return running[-1]

    yield start
    while running:
        running.pop().close()


@pytest.mark.parametrize("one_file", [False, True], ids=["file-per-site", "one-file"])
def test_everything_is_there_after_a_restart(start, tmp_path, one_file):
    """Rows, groups and order, of each site its own."""
    stores = start(one_file=one_file)
    for number, site in enumerate((ALPHA, BETA)):
        stores.of(site).commit([Put("t", "a", number, "g"), Put("t", "b", number + 10), Put("t", "c", 5)])
        stores.of(site).commit([Put("t", "a", number + 20, "h"), Drop("t", "c")])
    stores = start(one_file=one_file)

    assert [[20, 10], [21, 11]] == [list(stores.of(site).rows("t")) for site in (ALPHA, BETA)]
    assert [[20], [21]] == [list(stores.of(site).rows("t", "h")) for site in (ALPHA, BETA)]
    assert (1 if one_file else 2) == len(list(tmp_path.glob("*.db")))


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
FIELDS = {
    str: TEXTS,
    float: st.floats(allow_nan=False, allow_infinity=False),
    int | None: st.none() | st.integers(0, 2**53),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    OcmAddress: st.builds(OcmAddress, TEXTS, TEXTS),
    OcmAddress | None: st.none() | st.builds(OcmAddress, TEXTS, TEXTS),
}
"""Values that fields of rows have; times are those a clock can show."""


def rows(kind):
    """Any row of a kind."""
    hints = get_type_hints(kind)
    chosen = {name: FIELDS.get(hints[name], st.from_type(hints[name])) for name in kind.__struct_fields__}
    return st.builds(kind, **chosen)


def fields(row):
    return [getattr(row, name) for name in row.__struct_fields__]


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    stores = sqlite.build(tmp_path_factory.mktemp("rows"), TYPES)
    yield stores
    stores.close()


@pytest.mark.parametrize("table", TYPES)
@given(data=st.data())
def test_every_kind_of_row_comes_back_alike(stores, table, data):
    """Whatever is in its fields, and of the very types it had."""
    row = data.draw(rows(TYPES[table]))
    stores.of(ALPHA).commit([Put(table, "key", row)])
    found = stores.of(ALPHA).getter(table)("key")

    assert row == found
    assert [type(value) for value in fields(row)] == [type(value) for value in fields(found)]


def test_every_kind_of_row_has_its_type_named():
    """A row whose type the store did not know would come back as something else."""
    rows = {kind for kind in vars(records).values() if isinstance(kind, type) and hasattr(kind, "put")}

    assert rows
    assert rows <= set(TYPES.values())


def test_a_row_that_would_not_come_back_alike_is_refused(start):
    """One of another type, and a struct in a table that no type is named for."""
    store = start().of(ALPHA)
    server = TYPES["members"]("https://a.example", "A")
    for bad in (
        Put("sent", "x", server),
        Put("unnamed", "x", server),
        Put("t", "x", [1]),
        Put("t", "\ud800", 1),
    ):
        with pytest.raises(TypeError):
            store.commit([Put("t", "good", 1), bad])

    assert [] == list(store.rows("t"))
    assert store.getter("t")("\ud800") is None
    store.commit([Drop("t", "\ud800")])


def test_more_rows_than_are_kept_in_memory(start, monkeypatch):
    """Those that were let go of are read again."""
    monkeypatch.setattr(sqlite, "KEPT", 3)
    store = start().of(ALPHA)
    store.commit([Put("t", str(n), n) for n in range(10)])

    assert list(range(10)) == [store.getter("t")(str(n)) for n in range(10)]
    assert 3 == len(store._kept)


def test_a_full_disk_is_told_and_nothing_of_the_group_is_kept(start):
    """Neither on disk nor in memory; and the store goes on when there is room."""
    stores = start()
    store = stores.of(ALPHA)
    store.commit([Put("t", "a", "old")])
    store._database.execute("PRAGMA max_page_count = 20")
    with pytest.raises(DataError, match="disk is full"):
        store.commit([Put("t", "a", "new"), Put("t", "b", "x" * 200_000)])

    assert ("old", None) == (store.getter("t")("a"), store.getter("t")("b"))
    store._database.execute("PRAGMA max_page_count = 1000")
    store.commit([Put("t", "a", "new")])
    assert "new" == start().of(ALPHA).getter("t")("a")


def test_a_damaged_row_is_told_without_its_secrets(start, tmp_path):
    """The file and the table, and what to do."""
    stores = start()
    stores.of(ALPHA).commit([Put("t", "a", 1)])
    start().close()
    raw = sqlite3.connect(tmp_path / f"{ALPHA}.db")
    raw.execute("UPDATE rows SET row = '{\"secret\": CANARY'")
    raw.commit()
    raw.close()
    with pytest.raises(DataError, match="a row of table 't'") as caught:
        start().of(ALPHA).getter("t")("a")

    assert "CANARY" not in str(caught.value)


def test_a_row_from_before_a_field_was_added_is_read(start, tmp_path):
    """A field with a default needs no migration."""
    stores = start()
    stores.of(ALPHA).commit([TYPES["errands"]("k", "sent", "s", BETA, 1.0, 2.0).put()])
    start().close()
    raw = sqlite3.connect(tmp_path / f"{ALPHA}.db")
    raw.execute("UPDATE rows SET row = json_remove(row, '$.doubt', '$.tries')")
    raw.commit()
    raw.close()
    errand = start().of(ALPHA).getter("errands")("k")

    assert (0, 0.0) == (errand.tries, errand.doubt)


OLD = """
CREATE TABLE tables (id INTEGER PRIMARY KEY, site TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (site, name));
CREATE TABLE rows (
    number INTEGER PRIMARY KEY, tab INTEGER NOT NULL REFERENCES tables, key TEXT NOT NULL,
    grp TEXT NOT NULL, row TEXT NOT NULL, UNIQUE (tab, key)
);
CREATE INDEX rows_by_group ON rows (tab, grp, number);
INSERT INTO tables VALUES (7, 'alpha.example.org', 'contacts');
INSERT INTO rows VALUES (3, 7, 'alice' || char(0) || 'bob@b.example', 'alice',
    '{"user":"alice","address":{"user":"bob","host":"b.example"},"name":"Bob","email":"b@b","since":1.5}');
PRAGMA application_id = 1836279857;
PRAGMA user_version = 1;
"""


def test_a_file_of_version_1_is_read_for_ever(start, tmp_path):
    """It is made here as that version made it."""
    raw = sqlite3.connect(tmp_path / f"{ALPHA}.db")
    raw.executescript(OLD)
    raw.close()
    (contact,) = start().of(ALPHA).rows("contacts", "alice")

    assert ("alice", "bob@b.example", 1.5) == (contact.user, str(contact.address), contact.since)


def test_a_migration_changes_rows_in_plain_sql(start, monkeypatch):
    """As a next version will, for a field that gets another name."""
    start().of(ALPHA).commit([Put("t", "a", "old")])
    rename = statements(
        """UPDATE rows SET row = '"new"' WHERE tab = (SELECT id FROM tables WHERE name = 't')"""
    )
    monkeypatch.setattr(sqlite, "STEPS", (*sqlite.STEPS, rename))

    assert "new" == start().of(ALPHA).getter("t")("a")
    monkeypatch.undo()
    with pytest.raises(DataError, match="newer meshsim"):
        start().of(ALPHA)


COMMITTING = """
import sys
from pathlib import Path
from meshsim.stores import Put, sqlite
store = sqlite.build(Path(sys.argv[1])).of("alpha.example.org")
for n in range(1_000_000):
    store.commit([Put("t", "a", n), Put("t", "b", n), Put("t", str(n), n)])
    print(n, flush=True)
"""


@pytest.mark.parametrize("last", [1, 7, 400])
def test_a_killed_process_loses_nothing_that_was_committed(start, tmp_path, last):
    """Whatever it said it had written is there, in whole groups."""
    command = [sys.executable, "-c", COMMITTING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as process:
        said = 0
        while said < last:
            said = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        said = max([said, *map(int, process.stdout.read().splitlines(keepends=True)[:-1])])
    store = start().of(ALPHA)
    count = store.getter("t")("a")

    assert said <= count == store.getter("t")("b")
    assert list(range(count + 1)) == [store.getter("t")(str(n)) for n in range(count + 1)]


def test_a_folder_is_needed():
    """There is no default place on the disk."""
    with pytest.raises(ValueError, match="folder"):
        sqlite.build()
    assert "sqlite" in plugins.names("stores")
