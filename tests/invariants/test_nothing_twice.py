"""What nothing_twice must not take for a double, and what it must."""

from msgspec.structs import replace

from meshsim import plugins
from meshsim.ocm.lifecycle import Share
from meshsim.site.records import CONTACTS, RECEIVED_SHARES
from meshsim.stores import Put

BETA = "beta.example.org"


def judge(mesh):
    return plugins.load("invariants", "nothing_twice")()(mesh.facts())


def test_what_expired_may_be_shared_again(mesh, alice, bob):
    """The first share stays in the records as it was, but opens nothing any more."""
    first = mesh.run(alice.share("/notes.txt", bob.address, expiration=int(mesh.now) + 60))
    mesh.advance(120)
    second = mesh.run(alice.share("/notes.txt", bob.address))
    mesh.settle()

    assert first.provider_id != second.provider_id
    assert () == judge(mesh).violations


def test_a_resource_held_by_two_secrets_is_found(honest):
    """One uri of one sender is one share, whatever opens it."""
    row = next(r for r in honest.store(BETA).rows(RECEIVED_SHARES) if r.state is Share.ACCEPTED)
    again = replace(row, key="again", provider_id="again", secret="another")
    honest.store(BETA).commit([Put(RECEIVED_SHARES, again.key, again, again.recipient)])

    assert "holds" in judge(honest).reason


def test_a_contact_twice_is_found(honest):
    """Two rows about one person are one too many."""
    row = next(honest.store(BETA).rows(CONTACTS))
    honest.store(BETA).commit([Put(CONTACTS, "other key", row, row.user)])

    assert "knows" in judge(honest).reason
