"""What load users speak over: waits first, is woken in time, and sends whatever its size."""

import socket
import threading

import gevent
import pytest
from gevent import socket as green

from loadtests.connection import Connection


@pytest.fixture
def pair():
    """A connection of ours, and the other end in blocking form."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        made = Connection(green.create_connection(door.getsockname()))
        other, _ = door.accept()
        with other:
            yield made, other
            made.close()


def test_what_came_is_given_and_then_what_comes(pair):
    """Also when it comes while somebody waits; nothing at the end."""
    ours, other = pair
    other.sendall(b"one")
    assert b"one" == ours.recv(100)
    waiting = gevent.spawn(ours.recv, 100)
    gevent.sleep(0)
    other.sendall(b"two")
    assert b"two" == waiting.get(timeout=10)
    other.shutdown(socket.SHUT_WR)

    assert b"" == ours.recv(100)


def test_what_is_longer_than_the_buffers_is_sent_whole(pair):
    """Others go on meanwhile."""
    ours, other = pair
    data, heard = bytes(range(256)) * 40_000, []

    def listen():
        while sum(map(len, heard)) < len(data):
            heard.append(other.recv(1 << 20))

    thread = threading.Thread(target=listen)
    thread.start()
    ours.settimeout(30.0)
    ours.sendall(data)
    thread.join()

    assert data == b"".join(heard)


def test_who_waits_for_too_long_is_told(pair):
    """By each wait anew: what was in time once says nothing about the next."""
    ours, other = pair
    ours.settimeout(0.05)
    with pytest.raises(TimeoutError):
        ours.recv(100)
    other.sendall(b"late")
    assert b"late" == ours.recv(100)
    with pytest.raises(TimeoutError):
        ours.recv(100)
    with pytest.raises(TimeoutError):
        ours.sendall(bytes(1 << 26))


def test_one_timer_serves_all_waits(pair):
    """One that ran out too early begins anew; one that would be too late is not waited for."""
    ours, other = pair
    ours.settimeout(600.0)
    waiting = gevent.spawn(ours.recv, 100)
    gevent.sleep(0)
    ours._look()
    other.sendall(b"in time")
    assert b"in time" == waiting.get(timeout=10)
    ours.settimeout(0.05)

    with pytest.raises(TimeoutError):
        ours.recv(100)


def test_a_connection_that_is_reset_says_so(pair):
    """As every socket does."""
    ours, other = pair
    other.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    other.close()

    with pytest.raises(ConnectionResetError):
        ours.recv(100)
