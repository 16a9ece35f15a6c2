"""The session that a share of 2021 was given with, and what it gives away."""

import base64
import json

import pytest

from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import OcmError
from meshsim.wire import Request

ALPHA, BETA = "alpha.example.org", "beta.example.org"
KIND = {"secret_kind": "session_2021"}


def mesh_of(make_mesh, **settings):
    mesh = make_mesh(Topology((Plan(ALPHA, **KIND, settings=settings), Plan(BETA))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    return mesh, mesh.run(alice.share("/notes.txt", bob.address))


def read(mesh, share, path="/alice/papers/abstract.txt", token=None):
    headers = {"x-access-token": share.secret if token is None else token}
    request = Request("GET", f"https://{ALPHA}/dav/files{path}", headers)
    return mesh.run(mesh.fabric.port("thief.example.org").send(request)).status


def test_everybody_reads_whose_session_it_is(make_mesh):
    """It is signed, not encrypted."""
    _, share = mesh_of(make_mesh)
    part = share.secret.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    assert {"opaque_id": "alice", "idp": ALPHA, "type": 1} == claims["user"]["id"]
    assert 86400 == claims["exp"] - claims["iat"]


def test_it_opens_all_that_the_owner_has_until_its_day_is_over(make_mesh):
    """Also after the share was taken back; nothing of anybody else, and not when altered."""
    mesh, share = mesh_of(make_mesh, session_secrets=True)
    assert 200 == read(mesh, share)
    assert 401 == read(mesh, share, token=share.secret[:-4] + "AAAA")
    assert 401 == read(mesh, share, token="")
    assert read(mesh, share, "/bob/notes.txt") in (403, 404)
    mesh.run(mesh.person(f"alice@{ALPHA}").unshare(share))
    assert 200 == read(mesh, share)
    mesh.advance(86400)

    assert 401 == read(mesh, share)


def test_a_site_that_does_not_take_it_for_a_session_gives_nothing(make_mesh):
    """The kind of the secret alone opens no home."""
    mesh, share = mesh_of(make_mesh)

    assert 401 == read(mesh, share)


@pytest.mark.parametrize("dialect", ["standard", "ocm_1_0"])
def test_a_share_is_dead_when_the_session_of_its_giver_is(make_mesh, dialect):
    """After a day it opens nothing to whom it was given, although both sides still list it."""
    accents = {"dialect": dialect}
    if dialect == "standard":
        accents["dialect_options"] = {"signed": False}
    mesh = make_mesh(Topology((Plan(ALPHA, **KIND, **accents), Plan(BETA, **accents))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    mesh.run(alice.share("/notes.txt", bob.address))
    share = mesh.run(bob.accept(bob.received()[0]))
    before = mesh.run(bob.read(share))
    mesh.settle()
    mesh.advance(86400)
    with pytest.raises(OcmError):
        mesh.run(bob.read(share))

    assert before
    assert ["accepted"] == [given.state for given in alice.given()] == [held.state for held in bob.received()]


def test_a_share_that_says_when_it_ends_lives_until_then(make_mesh):
    """The session was made to last as long."""
    mesh = make_mesh(Topology((Plan(ALPHA, **KIND), Plan(BETA))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    mesh.run(alice.share("/notes.txt", bob.address, expiration=int(mesh.now) + 3 * 86400))
    share = mesh.run(bob.accept(bob.received()[0]))
    mesh.advance(2 * 86400)

    assert mesh.run(bob.read(share))
    mesh.advance(86400)
    with pytest.raises(OcmError):
        mesh.run(bob.read(share))
