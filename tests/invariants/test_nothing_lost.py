"""What nothing_lost looks for."""

from contextlib import suppress

import pytest
from msgspec.structs import replace

from meshsim import plugins
from meshsim.ocm.errors import OcmError
from meshsim.site.records import RECEIVED_SHARES
from meshsim.stores import Drop
from meshsim.wire import Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def judge(mesh):
    return plugins.load("invariants", "nothing_lost")()(mesh.facts())


def test_a_share_that_left_the_records_is_found(honest):
    """That it was written once is not enough."""
    row = next(honest.store(BETA).rows(RECEIVED_SHARES))
    honest.store(BETA).commit([Drop(RECEIVED_SHARES, row.key)])

    assert "was taken and is lost" in judge(honest).reason


def test_what_was_refused_is_not_written(honest):
    """Bytes of a refused PUT in place of acknowledged ones are a loss."""
    put = next(e for e in honest.transcript if e.request.method == "PUT")
    request = replace(put.request, body=b"refused")
    refused = honest.transcript.begin(put.source, put.target, request, honest.now)
    refused.response, refused.ended = Response(403), honest.now
    honest.transcript.finish(refused)
    kernel = honest.kernel
    now, kernel.now = kernel.now, kernel.start
    honest.storage(ALPHA).write("/alice/papers/new.txt", b"refused")
    kernel.now = now

    assert "is not what" in judge(honest).reason


@pytest.fixture
def papers(mesh, alice, bob):
    """A folder in which bob wrote a file."""
    mesh.run(alice.share("/papers", bob.address, ("read", "write")))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.write(received, "ä b%.txt", b"written"))
    return received


def test_odd_names_are_looked_for_as_they_are_stored(mesh, papers):
    """What a URL escapes is no part of the name."""
    assert judge(mesh).ok
    mesh.storage(ALPHA).delete("/alice/papers/ä b%.txt")

    assert "ä b%.txt" in judge(mesh).reason


def test_what_its_owner_replaced_is_not_lost(mesh, alice, papers):
    """Not even in the instant in which the answer arrived."""
    alice.put("papers/ä b%.txt", b"mine")

    assert judge(mesh).ok


@pytest.mark.parametrize("lost", [False, True])
def test_what_another_recipient_deleted_is_not_lost(mesh, alice, papers, lost):
    """Two shares may show one file; whether its deletion was acknowledged does not matter."""
    carol = mesh.person(f"carol@{BETA}")
    mesh.run(alice.share("/papers", carol.address, ("read", "write")))
    (received,) = carol.received()
    received = mesh.run(carol.accept(received))
    if lost:
        mesh.fabric.add_fault("lost_answer", plugins.load("faults", "lost_answer")(path="/dav", count=1))
    with suppress(OcmError):
        mesh.run(carol.request(received, "DELETE", "ä b%.txt"))

    assert mesh.storage(ALPHA).stat("/alice/papers/ä b%.txt") is None
    assert judge(mesh).ok


def test_what_was_moved_is_not_lost(mesh, bob, papers):
    """It has another name, and so may another file have its old one."""
    mesh.run(bob.request(papers, "MOVE", "ä b%.txt", destination="c.txt"))

    assert mesh.storage(ALPHA).stat("/alice/papers/c.txt") is not None
    assert judge(mesh).ok


def test_an_answer_that_the_network_made_up_acknowledges_nothing(mesh, bob, papers):
    """Nobody promised anything."""
    wrong = plugins.load("faults", "wrong_status")(path="/dav", status=201, count=1)
    mesh.fabric.add_fault("wrong_status", wrong)
    mesh.run(bob.write(papers, "never.txt", b"x"))

    assert judge(mesh).ok
