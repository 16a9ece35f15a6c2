"""What ended long ago is forgotten, and nothing else."""

import pytest
from msgspec.structs import replace

from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.errors import OcmError
from meshsim.site.records import ERRANDS, LATEST, SECRETS, TYPES
from meshsim.site.tidying import DAY, ENDED

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def mesh():
    plan = Plan(ALPHA, settings={"memory": 10 * DAY, "ask_reshare": True})
    return Mesh(Topology((plan, replace(plan, host=BETA))))


@pytest.fixture
def alice(mesh):
    return mesh.person(f"alice@{ALPHA}")


@pytest.fixture
def bob(mesh):
    return mesh.person(f"bob@{BETA}")


def count(mesh, *tables):
    """Rows of both sites in some tables, or in all."""
    tables = tables or (*TYPES, SECRETS, LATEST, ENDED)
    return sum(len(list(mesh.store(host).rows(table))) for host in mesh.hosts for table in tables)


def live(mesh, alice, bob, number):
    """A day on which something is begun and ended in every way."""
    alice.put(f"{number}.txt", b"")
    mesh.run(bob.accept_invite(alice.invite()))
    alice.invite(lifetime=3600.0)
    given = mesh.run(alice.share("notes.txt", bob.address))
    mesh.run(bob.accept(bob.received()[0]))
    mesh.run(alice.unshare(given))
    mesh.run(alice.share(f"{number}.txt", bob.address, expiration=int(mesh.now) + 7200))
    mesh.run(alice.share("data", bob.address))
    mesh.run(bob.decline(next(share for share in bob.received() if share.name == "data")))
    wish = mesh.run(bob.ask_share(alice.address, alice.site.wishing.reference("alice", "papers"), "folder"))
    assert wish
    mesh.run(alice.answer(next(w for w in alice.asked() if w.state == "open"), False))
    mesh.advance(DAY)


def test_a_site_that_runs_for_years_does_not_grow(mesh, alice, bob):
    """After the first weeks there are never more rows than there were before."""
    sizes = []
    for number in range(60):
        live(mesh, alice, bob, number)
        sizes.append(count(mesh))

    assert sizes[14] > sizes[1]
    assert max(sizes[40:]) <= max(sizes[20:40])
    assert 0 == count(mesh, ERRANDS)


def test_what_stands_is_kept(mesh, alice, bob):
    """Contacts, open shares and their secrets, whatever their age."""
    mesh.run(bob.accept_invite(alice.invite()))
    mesh.run(alice.share("notes.txt", bob.address))
    received = mesh.run(bob.accept(bob.received()[0]))
    for _ in range(5):
        mesh.advance(30 * DAY)
        for person in (alice, bob):
            person.site.tidying.tidy()

    assert mesh.run(bob.read(received))
    assert ([bob.address], [alice.address]) == tuple([c.address for c in p.contacts()] for p in (alice, bob))
    with pytest.raises(OcmError, match="already shared"):
        mesh.run(alice.share("notes.txt", bob.address))


def test_what_ended_is_shown_for_a_while(mesh, alice, bob):
    """Its giver sees how it ended; then it is gone with all that led to it, and may be given again."""
    given = mesh.run(alice.share("notes.txt", bob.address))
    mesh.run(alice.unshare(given))
    alice.site.tidying.tidy()
    mesh.advance(9 * DAY)
    alice.site.tidying.tidy()
    assert ["revoked"] == [share.state for share in alice.given()]
    mesh.advance(2 * DAY)
    alice.site.tidying.tidy()

    assert [] == alice.given()
    assert [] == [row for table in (SECRETS, LATEST, ENDED) for row in mesh.store(ALPHA).rows(table)]
    assert "pending" == mesh.run(alice.share("notes.txt", bob.address)).state


def test_what_is_still_being_told_is_kept(mesh, alice, bob):
    """The other side is away for longer than the memory lasts."""
    given = mesh.run(alice.share("notes.txt", bob.address))
    mesh.crash(BETA)
    mesh.run(alice.unshare(given))
    mesh.advance(DAY)
    alice.site.tidying.tidy()
    assert 1 == count(mesh, ERRANDS)

    assert 0 == count(mesh, ENDED)
    assert ["revoked"] == [share.state for share in alice.given()]


def test_a_request_that_is_made_again_has_not_ended(mesh, alice, bob):
    """Its mark goes, so that it is not forgotten early when it ends the second time."""
    reference = alice.site.wishing.reference("alice", "papers")
    mesh.run(bob.ask_share(alice.address, reference, "folder"))
    mesh.run(alice.answer(alice.asked()[0], False))
    bob.site.tidying.tidy()
    assert 1 == count(mesh, ENDED)
    mesh.run(bob.ask_share(alice.address, reference, "folder"))
    bob.site.tidying.tidy()

    assert 0 == count(mesh, ENDED)
