import json
import os

import pytest

from meshsim import kept


@pytest.fixture
def state(tmp_path, monkeypatch):
    """A place of one's own for what is remembered."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "meshsim"


def archive(path, record):
    """As bundles are written, but plain."""
    with open(path, "w") as file:
        json.dump(record, file)


def read(path):
    """ValueError for what is none."""
    with open(path) as file:
        return json.load(file)


def check(target, number=0):
    """A record."""
    return {"manifest": {"target": target}, "number": number}


def test_the_last_check_of_each_target_is_kept_the_newest_first(state):
    """One of a part does not replace one of the whole."""
    for number, (target, partial) in enumerate([("a", False), ("b", False), ("a", False), ("a", True)]):
        kept.keep(check(target, number), archive, partial=partial)
        for path in state.glob("*.zip"):
            if read(path)["number"] == number:
                os.utime(path, ns=(number, number))

    assert [3, 2, 1] == [record["number"] for record in kept.records(read)]


def test_only_so_many_are_kept(state):
    """The folder does not grow for ever."""
    for number in range(kept.MOST + 5):
        kept.keep(check(str(number)), archive, partial=False)

    assert kept.MOST == len(list(kept.records(read)))


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path, monkeypatch):
    """And a check does not fail for it; what cannot be read is passed over."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    kept.keep(check("a"), archive, partial=False)
    kept.keep_matrix({"mutants": []})

    assert [] == list(kept.records(read))
    assert kept.matrix() is None


def test_what_is_broken_is_passed_over(state):
    """A bundle that was cut, and a matrix of another kind."""
    kept.keep(check("a"), archive, partial=False)
    (state / "x.zip").write_text("{")
    (state / "mutants.json").write_text('{"mutants": [{}]}')

    assert 1 == len(list(kept.records(read)))
    assert kept.matrix() is None


def test_the_matrix_is_kept(state):
    """As it was."""
    kept.keep_matrix({"mutants": [{"slug": "x", "killers": []}]})

    assert {"mutants": [{"slug": "x", "killers": []}]} == kept.matrix()


def test_a_message_is_kept_once(state):
    """The same case is the same file, which is read as JSON."""
    case = {"endpoint": "shares", "place": "name", "left_out": False, "value": "x"}
    first, again = kept.keep_message(case), kept.keep_message(case)

    assert first == again
    assert case == json.loads(first.read_text())
    assert state in first.parents
