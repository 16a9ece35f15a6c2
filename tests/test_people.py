"""Users and groups: seeded, lazy, the same whoever is asked for first."""

import subprocess
import sys

import pytest

from meshsim.people import MEMBERS, People

HOST = "alpha.example.org"


def test_numbered_users_exist_without_being_made():
    """A site of 37,000 knows who is there and who is not."""
    people = People(0, HOST, 37_000)

    assert 37_000 == len(people)
    assert people.knows("u37000")
    for stranger in ("u0", "u37001", "u01", "u", "37", "U1", "u1 ", "g1", "uu1", "alice"):
        assert not people.knows(stranger), stranger
        assert people.find(stranger) is None


def test_nobody_is_made_up_before_being_looked_at():
    """Who exists, and who is in a group, is known without Faker, which is slow to import."""
    code = (
        "import sys; from meshsim.people import People; p = People(0, 'a.example.org', 37_000, 9);"
        "assert p.knows('u9') and p.group('g9'); print('faker' in sys.modules);"
        "p.find('u9'); print('faker' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ["False", "True"] == run.stdout.split()


def test_named_users_keep_their_names():
    """Identifiers are compared as they are, case included (OCM-ADDR-002)."""
    people = People(0, HOST, ("alice", "Bob"))

    assert ["alice", "Bob"] == list(people)
    assert "Bob" == people.find("Bob").id
    assert people.find("bob") is None
    assert people.find("alice").name.startswith("Alice ")


def test_people_do_not_depend_on_who_was_asked_for_before():
    """Order of asking changes neither names nor files."""
    one, other = People(5, HOST, 10), People(5, HOST, 10)
    names = {user: one.find(user).name for user in ("u1", "u2", "u3")}

    assert names == {user: other.find(user).name for user in ("u3", "u1", "u2")}
    assert one.files("u2") == other.files("u2")
    assert one.files("u1") != one.files("u2")
    assert names != {user: People(6, HOST, 10).find(user).name for user in names}


def test_a_home_has_files_and_a_strangers_has_none():
    """There is something to share in every home."""
    files = People(0, HOST, ("alice",)).files("alice")

    assert ["data", "notes.txt", "papers", "papers"] == sorted(path.partition("/")[0] for path in files)
    assert all(files.values())
    assert b"run,count,label" == files["data/measurements.csv"].splitlines()[0]
    assert People(0, HOST, ("alice",)).files("bob") is None


def test_groups_are_given_or_drawn():
    """Drawn groups have members of the site, the same each time."""
    people = People(0, HOST, 1000, 3)
    members = people.group("g2")

    assert MEMBERS == len(members) == len({*members})
    assert all(map(people.knows, members))
    assert "g2" in people.groups_of(members[0])
    assert people.group("g4") is None
    assert ("bob",) == People(0, HOST, ("bob",), {"lab": ("bob",)}).group("lab")
    assert ("bob", "carol") == People(0, HOST, ("carol", "bob"), 1).group("g1")


def test_a_password_opens_one_account():
    """Each user has another, and nobody who does not exist has one."""
    people = People(0, HOST, ("alice", "bob"))

    assert people.authenticate("alice", people.password("alice"))
    assert not people.authenticate("alice", people.password("bob"))
    assert not people.authenticate("mallory", people.password("mallory"))
    assert not people.authenticate("alice", "\ud800")


def test_hash_seeds_change_nothing():
    """Two interpreters with different hash seeds make the same people."""
    code = (
        "from meshsim.people import People; p = People(1, 'a.example.org', 50, 2);"
        "print(p.find('u7'), p.group('g1'), p.files('u7'))"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True).stdout
        for seed in ("1", "2")
    }

    assert 1 == len(runs)
    assert b"User(" in runs.pop()


@pytest.mark.parametrize("groups", [{"lab": ("alice",), "g1": ("alice", "bob")}, 3])
def test_a_group_that_was_dissolved_is_gone(groups):
    """With its membership; the others stay."""
    people = People(0, "alpha.example.org", ("alice", "bob"), groups)
    before = people.groups_of("alice")
    people.dissolve("g1")

    assert people.group("g1") is None
    assert tuple(name for name in before if name != "g1") == people.groups_of("alice")
    with pytest.raises(LookupError, match="no group"):
        people.dissolve("g1")
