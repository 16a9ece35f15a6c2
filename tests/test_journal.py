"""The journal: every commit, in order; and crashes where they were planned."""

import pytest

from meshsim.mesh import SiteDown
from meshsim.site.records import SENT_SHARES

ALPHA = "alpha.example.org"


def test_every_commit_is_noted(mesh, alice, bob):
    """With its time and its host; rows are found by table."""
    mesh.run(alice.share("/notes.txt", bob.address))
    rows = list(mesh.journal.rows(SENT_SHARES))
    times = [entry.time for entry in mesh.journal.entries]

    assert times == sorted(times)
    assert {ALPHA} == {host for _, host, _ in rows}
    assert ["offered", "pending"] == [row.state for _, _, row in rows]
    assert [] == list(mesh.journal.rows(SENT_SHARES, "beta.example.org"))


@pytest.mark.parametrize(("after", "kept"), [(False, []), (True, ["offered"])])
def test_a_planned_crash_comes_before_or_after_the_commit(mesh, alice, bob, after, kept):
    """What was committed is there after the restart, and nothing else."""
    mesh.crash_at(ALPHA, 0, after=after)
    with pytest.raises(SiteDown):
        mesh.run(alice.share("/notes.txt", bob.address))

    assert kept == [row.state for row in mesh.store(ALPHA).rows(SENT_SHARES)]
    assert not mesh.is_up(ALPHA)


def test_the_dead_write_nothing(mesh):
    """A store handed to an incarnation ends with it, so that no last line of a crashed site counts."""
    from meshsim.network.kernel import Crashed

    store = mesh.site(ALPHA).ports.store
    mesh.crash(ALPHA)
    with pytest.raises(Crashed):
        store.commit([])


def test_a_planned_crash_happens_once_and_to_its_host_only(mesh, alice, bob):
    """After the restart the site goes on; commits of others are not counted."""
    mesh.crash_at(ALPHA, 1, after=False)
    bob.invite()
    bob.invite()
    assert mesh.is_up(ALPHA)
    alice.invite()
    with pytest.raises(SiteDown):
        mesh.run(alice.share("/notes.txt", bob.address))
    mesh.restart(ALPHA)

    assert "pending" == mesh.run(alice.share("/notes.txt", bob.address)).state


def test_a_forgotten_row_is_in_the_journal(mesh, alice, bob):
    """Rows that are gone from the records can still be judged."""
    from meshsim.site.records import ERRANDS

    mesh.run(alice.share("/notes.txt", bob.address))

    assert [] == list(mesh.store(ALPHA).rows(ERRANDS))
    assert list(mesh.journal.rows(ERRANDS))
