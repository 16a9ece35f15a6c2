"""Whom a load run may call: nobody beyond its target and its own peers."""

import socket

import pytest

from loadtests.reach import NotAllowed, Reach, is_loopback, taken_apart
from meshsim.network.blocking import BlockingPort, complete
from meshsim.wire import NetworkError, Request


def test_a_target_beyond_loopback_has_to_be_named():
    """By the host that is loaded, and no other."""
    with pytest.raises(NotAllowed, match=r"--yes-i-may-load 192\.0\.2\.1"):
        Reach().aim("https", "192.0.2.1")
    with pytest.raises(NotAllowed):
        Reach(("192.0.2.2",)).aim("https", "192.0.2.1")
    Reach(("192.0.2.1",)).aim("https", "192.0.2.1")
    Reach().aim("http", "127.0.0.1:1")


@pytest.mark.parametrize("authority", ["127.0.0.1:22", "192.0.2.1", "localhost:1"])
def test_what_a_target_merely_names_is_not_called(authority):
    """Neither another port of this machine nor somebody else's server."""
    reach = Reach()
    reach.aim("http", "127.0.0.1:1")

    with pytest.raises(NetworkError, match="not what this run may load") as failed:
        complete(BlockingPort(reach.dial()).send(Request("GET", f"http://{authority}/")))
    assert not failed.value.sent


def test_a_target_elsewhere_cannot_lead_into_this_machine():
    """A name that moves to loopback is not followed there."""
    reach = Reach(("localhost",))
    reach.aim("http", "localhost:80")

    with pytest.raises(NetworkError, match="leads elsewhere"):
        complete(BlockingPort(reach.dial()).send(Request("GET", "http://localhost:80/")))


def test_our_own_peers_are_found_where_they_listen():
    """From the address of whoever calls."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        reach = Reach()
        reach.own["peer.example:1"] = door.getsockname()[:2]
        connection = reach.dial("127.0.0.9")("http", "peer.example:1", 5.0)
        accepted, (address, _) = door.accept()
        with accepted:
            connection.close()

    assert "127.0.0.9" == address


@pytest.mark.parametrize(
    ("address", "right"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False)],
)
def test_loopback_is_known_in_every_spelling(address, right):
    """Also as IPv6 has it."""
    assert right == is_loopback(address)


def test_an_authority_is_taken_apart():
    """With the scheme's port where it has none."""
    assert ("a.example", 443) == taken_apart("https", "A.example")
    assert ("a.example", 8443) == taken_apart("https", "a.example:8443")
    assert ("[::1]", 80) == taken_apart("http", "[::1]")
