"""Files are made, migrated, held and refused; whoever dies in between leaves a version, not a half one."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from meshsim.database import DataError, connect, failures, statements, transaction

KIND = 0x74657374
FIRST = statements("CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('old')")
SECOND = statements("ALTER TABLE notes ADD COLUMN size INTEGER", "UPDATE notes SET size = length(text)")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "notes.db"


def test_a_file_is_made_and_found_again(file):
    """The second opening runs no step."""
    connect(file, KIND, [FIRST]).close()
    again = connect(file, KIND, [FIRST])

    assert [("old",)] == again.execute("SELECT * FROM notes").fetchall()
    assert ("wal",) == again.execute("PRAGMA journal_mode").fetchone()
    again.close()


@pytest.mark.parametrize(("level", "number"), [("NORMAL", 1), ("FULL", 2)])
def test_how_much_is_awaited_can_be_chosen(file, level, number):
    """SQLite's own names; any other is refused."""
    database = connect(file, KIND, [FIRST], synchronous=level)

    assert (number,) == database.execute("PRAGMA synchronous").fetchone()
    database.close()
    with pytest.raises(ValueError, match="OFF"):
        connect(file, KIND, [FIRST], synchronous="OFF")


def test_an_old_file_is_migrated(file):
    """What is in it goes through every step that it has not seen."""
    connect(file, KIND, [FIRST]).close()
    database = connect(file, KIND, [FIRST, SECOND])

    assert [("old", 3)] == database.execute("SELECT * FROM notes").fetchall()
    database.close()
    connect(file, KIND, [FIRST, SECOND]).close()


def test_a_step_that_fails_leaves_the_old_version(file):
    """The next attempt starts from what was there."""
    connect(file, KIND, [FIRST]).close()
    broken = statements("UPDATE notes SET text = 'half'", "ALTER TABLE nothing ADD COLUMN x")
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        connect(file, KIND, [FIRST, broken])
    database = connect(file, KIND, [FIRST, SECOND])

    assert [("old", 3)] == database.execute("SELECT * FROM notes").fetchall()
    database.close()


DYING = """
import os, signal, sys
from pathlib import Path
from meshsim.database import connect, statements
kind, place = 0x74657374, sys.argv[2]
first = statements("CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('old')")
def die(connection):
    os.kill(os.getpid(), signal.SIGKILL)
change = statements("ALTER TABLE notes ADD COLUMN size INTEGER", "UPDATE notes SET size = length(text)")
def second(connection):
    if place == "before":
        die(connection)
    change(connection)
    if place == "after":
        die(connection)
connect(Path(sys.argv[1]), kind, [first, second, die] if place == "between" else [first, second])
"""


@pytest.mark.parametrize("place", ["before", "after", "between"])
def test_a_process_killed_while_it_migrates_leaves_a_whole_version(file, place):
    """Before a step, after its last statement, and between two steps."""
    connect(file, KIND, [FIRST]).close()
    dead = subprocess.run([sys.executable, "-c", DYING, str(file), place], env=os.environ, check=False)
    assert -signal.SIGKILL == dead.returncode
    raw = sqlite3.connect(file)
    (version,) = raw.execute("PRAGMA user_version").fetchone()
    columns = [row[1] for row in raw.execute("PRAGMA table_info(notes)")]
    raw.close()

    assert (2, ["text", "size"]) == (version, columns) if place == "between" else (1, ["text"])
    database = connect(file, KIND, [FIRST, SECOND])
    assert [("old", 3)] == database.execute("SELECT * FROM notes").fetchall()
    database.close()


def test_a_newer_file_is_refused_and_left_alone(file):
    """The message says which versions, and what to do."""
    connect(file, KIND, [FIRST, SECOND]).close()
    with pytest.raises(DataError, match=r"newer meshsim: it has version 2, and this one knows none above 1"):
        connect(file, KIND, [FIRST])
    connect(file, KIND, [FIRST, SECOND]).close()


def test_a_database_of_something_else_is_refused(file):
    """By the number in its head."""
    connect(file, KIND, [FIRST]).close()
    with pytest.raises(DataError, match="not one that meshsim keeps here"):
        connect(file, KIND + 1, [FIRST])


HOLDING = """
import sys
from pathlib import Path
from meshsim.database import connect, statements
held = connect(Path(sys.argv[1]), 0x74657374, [statements("CREATE TABLE notes (text TEXT)")])
print("held", flush=True)
sys.stdin.read()
"""


def test_a_file_that_another_process_has_is_refused(file):
    """At once, and until that process is gone."""
    command = [sys.executable, "-c", HOLDING, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ) as holder:
        assert b"held\n" == holder.stdout.readline()
        with pytest.raises(DataError, match="is in use; stop the process that has it"):
            connect(file, KIND, [FIRST])
        holder.kill()

    connect(file, KIND, [FIRST]).close()


def test_what_is_no_database_is_told(file):
    """Text, and a file whose middle was overwritten."""
    file.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(DataError, match="is damaged"):
        connect(file, KIND, [FIRST])
    file.unlink()
    fill = statements("CREATE TABLE a (t TEXT)", *[f"INSERT INTO a VALUES ('{'x' * 3000}')"] * 50)
    connect(file, KIND, [fill]).close()
    spoilt = bytearray(file.read_bytes())
    spoilt[4096 * 5 : 4096 * 9] = b"\xff" * 4096 * 4
    file.write_bytes(spoilt)
    with pytest.raises(DataError, match="is damaged"):
        connect(file, KIND, [fill])


def test_where_nothing_can_be_written_is_told(tmp_path):
    """A folder that is not there."""
    with pytest.raises(DataError, match="cannot be written"):
        connect(tmp_path / "nowhere" / "notes.db", KIND, [FIRST])


def test_a_full_disk_is_told_and_nothing_is_half_written(file):
    """The transaction is as if it had not been."""
    database = connect(file, KIND, [FIRST])
    database.execute("PRAGMA max_page_count = 10")
    with pytest.raises(DataError, match="the disk is full; nothing was changed"):
        _fill(database, file)

    assert [("old",)] == database.execute("SELECT * FROM notes").fetchall()
    database.close()


def _fill(database, file):
    with failures(file), transaction(database):
        database.execute("UPDATE notes SET text = 'half'")
        database.execute("INSERT INTO notes VALUES (zeroblob(100000))")
