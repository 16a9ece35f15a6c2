"""What same_story asks of invites."""

from meshsim import plugins
from meshsim.site.records import CONTACTS
from meshsim.stores import Drop


def judge(mesh):
    return plugins.load("invariants", "same_story")()(mesh.facts())


def test_a_contact_that_was_ended_is_not_missed(honest):
    """The invite stays done, and nobody is a contact any more."""
    alice, bob = honest.person("alice@alpha.example.org"), honest.person("bob@beta.example.org")
    honest.run(alice.remove_contact(bob.address))
    honest.settle()

    assert () == judge(honest).violations


def test_a_contact_lost_on_both_sides_is_missed(honest):
    """Symmetry alone would not show it: the invite was taken, and nobody ended the contact."""
    for host in honest.hosts:
        store = honest.store(host)
        store.commit([Drop(CONTACTS, f"{c.user}\0{c.address}") for c in list(store.rows(CONTACTS))])

    assert "who is no contact" in judge(honest).reason
