"""What people can do, seen from their side."""

import pytest

from meshsim.ocm.errors import OcmError, PeerError
from meshsim.person import members


def test_own_files_are_written_and_read(mesh, alice):
    """In one's own home, whatever the spelling of the path."""
    alice.make_folder("drafts")
    alice.put("/drafts/one.txt", b"1")

    assert b"1" == mesh.run(alice.get("drafts/one.txt"))


def test_an_invite_may_be_given_as_string(mesh, alice, bob):
    """Contacts are what both have then."""
    contact = mesh.run(bob.accept_invite(alice.invite("come").string))

    assert [contact] == bob.contacts()
    assert [bob.address] == [c.address for c in alice.contacts()]
    with pytest.raises(OcmError):
        mesh.run(bob.accept_invite("nonsense"))


def test_received_shares_are_those_that_stand(mesh, alice, bob):
    """Also through groups; ended ones are not listed."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    assert [share.provider_id] == [s.provider_id for s in bob.received()]
    assert bob.received()[0] == bob.received_from(share, alice.address.host)
    mesh.run(alice.unshare(share))

    assert [] == bob.received()


def test_a_restart_is_not_noticed(mesh, alice):
    """The site is looked up each time."""
    before = alice.site
    mesh.crash(alice.address.host)
    assert not alice.is_up
    mesh.restart(alice.address.host)

    assert alice.is_up
    assert before is not alice.site
    assert "alice@" in repr(alice)


def test_names_are_read_from_a_multistatus():
    """Absolute or not, escaped or not, without the folder itself; entities are not followed."""
    text = b"""<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">
      <D:response><D:href>/dav/x/</D:href></D:response>
      <D:response><D:href>https://a.example/dav/x/b%20c.txt</D:href></D:response>
      <D:response><D:href>/dav/x/a/</D:href></D:response></D:multistatus>"""

    assert ["a", "b c.txt"] == members(text)


def test_what_is_no_multistatus_is_the_peers_fault():
    """Cut, empty, or a page of something else."""
    for text in (b"", b'<D:multistatus xmlns:D="DAV:"><D:resp', b"\xff", b"no"):
        with pytest.raises(PeerError, match="no XML"):
            members(text)


def test_rights_are_changed_and_shares_end_by_ones_own_hand(mesh, alice, bob):
    """Nobody changes or ends what another gave, even at the same site."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    carol = mesh.person(f"carol@{alice.address.host}")
    for act in (carol.unshare(share), carol.change_permissions(share, ("read", "write"))):
        with pytest.raises(OcmError, match="no share"):
            mesh.run(act)

    assert [("read",)] == [given.permissions for given in alice.given()]
    assert [] == carol.given()


def test_what_is_not_there_is_an_error_of_theirs(mesh, alice, bob):
    """Files, shares and contacts that do not exist are told by name."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    with pytest.raises(OcmError, match="carol has no share"):
        mesh.person(f"carol@{bob.address.host}").received_from(share, alice.address.host)
    with pytest.raises(OcmError, match="no contact"):
        mesh.run(alice.remove_contact(bob.address))
    with pytest.raises(OcmError, match="no request"):
        mesh.run(alice.site.wishing.answer("alice", "unknown", True))
