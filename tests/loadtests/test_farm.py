"""Peers of a load run: whole sites under greenlets, reached by HTTP, that go down and come back."""

import json

import gevent
import pytest

from loadtests.credentials import Credentials, kept
from loadtests.farm import Farm
from loadtests.reach import Reach
from meshsim.composition import SiteDown
from meshsim.network.blocking import BlockingPort, complete
from meshsim.wire import NetworkError, Request, read


@pytest.fixture
def farm():
    reach = Reach()
    made = Farm(3, 0, reach)
    made.reach = reach
    yield made
    made.close()


def asked(farm, host, path="/.well-known/ocm", **rest):
    port = BlockingPort(farm.reach.dial())
    try:
        return complete(port.send(Request(rest.pop("method", "GET"), f"http://{host}{path}", **rest), 5.0))
    finally:
        port.close()


def test_each_peer_answers_discovery_at_an_address_of_its_own(farm):
    """As the sites of every other mesh."""
    documents = [json.loads(complete(read(asked(farm, host).body))) for host in farm.hosts]

    assert [f"http://{host}/ocm" for host in farm.hosts] == [one["endPoint"] for one in documents]
    assert 3 == len({host.rpartition(":")[0] for host in farm.hosts})


def test_two_peers_do_all_that_sites_do(farm):
    """Signed share, acceptance, token, file, and taken back; over sockets, without an event loop."""
    alice, bob = (farm.person(f"u1@{host}") for host in farm.hosts[:2])
    alice.put("a.txt", b"from a peer")
    share = farm.run(alice.share("a.txt", bob.address))
    received = farm.run(bob.accept(bob.received_from(share, farm.hosts[0])))
    assert b"from a peer" == farm.run(bob.read(received))
    farm.run(alice.unshare(share))

    assert farm.settle(5.0)
    assert [] == bob.received()
    assert [] == farm.failures


def test_peers_on_https_call_each_other_and_note_who_does_not_trust_them(tmp_path):
    """Each shows a certificate for its own address; a client that does not know who vouches for it leaves."""
    file = tmp_path / "peers.pem"
    kept(file)
    reach = Reach()
    farm = Farm(2, 0, reach, credentials=Credentials(authority=str(file)))
    try:
        alice, bob = (farm.person(f"u1@{host}") for host in farm.hosts)
        alice.put("a.txt", b"by https")
        share = farm.run(alice.share("a.txt", bob.address))
        received = farm.run(bob.accept(bob.received_from(share, farm.hosts[0])))
        assert b"by https" == farm.run(bob.read(received))
        assert ["", ""] == [one.turned_down for one in farm.listening.values()]
        stranger = Reach()
        stranger.own.update(reach.own)
        with pytest.raises(NetworkError, match="no trusted TLS connection"):
            complete(BlockingPort(stranger.dial()).send(Request("GET", f"https://{farm.hosts[0]}/"), 5.0))
        with gevent.Timeout(10):  # its greenlet has to read the alert
            while not farm.listening[farm.hosts[0]].turned_down:
                gevent.sleep(0)
    finally:
        farm.close()


def test_a_peer_goes_down_and_comes_back_at_its_place(farm):
    """Its records stay; whoever acts there meanwhile is told."""
    host = farm.hosts[0]
    alice = farm.person(f"u1@{host}")
    invite = alice.invite()
    farm.crash(host)
    with pytest.raises(NetworkError, match="connection refused"):
        asked(farm, host)
    with pytest.raises(SiteDown):
        alice.invite()
    farm.restart(host)

    assert 200 == asked(farm, host).status
    assert farm.run(farm.person(f"u1@{farm.hosts[1]}").accept_invite(invite)).address == alice.address


def test_who_sends_no_http_is_told(farm):
    """And a body beyond all measure is not read."""
    host = farm.hosts[0]
    connection = farm.reach.dial()("http", host, 5.0)
    connection.sendall(b"SSH-2.0 hello\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    connection.close()
    connection = farm.reach.dial()("http", host, 5.0)
    connection.sendall(b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 4")
    connection.close()


def test_many_may_ask_one_peer_at_once(farm):
    """Each connection has a greenlet of its own."""
    host = farm.hosts[0]
    done = [gevent.spawn(asked, farm, host) for _ in range(20)]
    gevent.joinall(done, timeout=20)

    assert [200] * 20 == [one.value.status for one in done]
