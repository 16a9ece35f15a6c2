"""The name server as others see it: dnspython, which is a client as well, and octets of every sort."""

import asyncio
import socket

import dns.asyncquery
import dns.edns
import dns.message
import dns.opcode
import dns.rcode
import dns.reversename
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.network import naming
from meshsim.network.hosts import Hosts
from meshsim.network.naming import Answers, LookUps, NameServer
from meshsim.network.sockets import BLOCK, Sockets
from meshsim.wire import NetworkError


class Keeper:
    """A network on which nobody is made."""

    resolver = None


def made():
    hosts = Hosts(Keeper(), BLOCK)
    hosts.get("alpha.example.org:8443")
    hosts.get("beta.example.org")
    return hosts


HOSTS = made()
ANSWERS = Answers(HOSTS)


def ask(name, kind="A", **options):
    query = dns.message.make_query(name, kind, **options)
    return dns.message.from_wire(ANSWERS.answer(query.to_wire()))


def records(answer):
    return [record.to_text() for rrset in answer.answer for record in rrset]


@pytest.mark.parametrize("name", ["alpha.example.org", "ALPHA.Example.org."])
def test_names_lead_to_addresses_whatever_the_port_and_case(name):
    """And the answer is the server's own, not something it heard."""
    answer = ask(name)

    assert ["127.77.0.1"] == records(answer)
    assert "QR AA RD" == dns.flags.to_text(answer.flags)


def test_addresses_lead_back_to_names():
    """The name has no port, as no name in the DNS has."""
    assert ["alpha.example.org."] == records(ask(dns.reversename.from_address("127.77.0.1"), "PTR"))
    assert ["beta.example.org."] == records(ask(dns.reversename.from_address("127.77.0.2"), "ANY"))


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("alpha.example.org", "AAAA", dns.rcode.NOERROR),
        ("alpha.example.org", "MX", dns.rcode.NOERROR),
        ("9.9.77.127.in-addr.arpa", "PTR", dns.rcode.NXDOMAIN),
        ("1.0.0.127.in-addr.arpa", "PTR", dns.rcode.REFUSED),
        ("77.127.in-addr.arpa", "PTR", dns.rcode.REFUSED),
        ("example.org", "A", dns.rcode.REFUSED),
        ("x.alpha.example.org", "A", dns.rcode.REFUSED),
        (".", "NS", dns.rcode.REFUSED),
        ("version.bind", "TXT", dns.rcode.REFUSED),
    ],
)
def test_nothing_is_made_up_and_nothing_foreign_is_answered(name, kind, code):
    """What a host does not have is empty, who has no name is nobody, and others are others' business."""
    answer = ask(name, kind)

    assert (code, []) == (answer.rcode(), records(answer))


def test_other_classes_versions_and_operations_are_refused():
    """Each with the code that says why."""
    update = dns.message.make_query("alpha.example.org", "A")
    update.set_opcode(dns.opcode.STATUS)

    assert dns.rcode.REFUSED == ask("alpha.example.org", rdclass="CH").rcode()
    assert dns.rcode.BADVERS == ask("alpha.example.org", use_edns=1).rcode()
    assert dns.rcode.NOTIMP == dns.message.from_wire(ANSWERS.answer(update.to_wire())).rcode()


def test_an_answer_is_not_answered():
    """Two servers would talk for ever."""
    answer = ANSWERS.answer(dns.message.make_query("alpha.example.org", "A").to_wire())

    assert ANSWERS.answer(answer) is None


GOOD = dns.message.make_query("alpha.example.org", "A", use_edns=0, want_dnssec=True).to_wire()


@st.composite
def damaged(draw):
    """A question with some octets replaced, cut off or added."""
    octets = bytearray(GOOD)
    for place, value in draw(st.dictionaries(st.integers(0, len(GOOD) - 1), st.integers(0, 255))).items():
        octets[place] = value
    return bytes(octets[: draw(st.integers(0, len(GOOD)))]) + draw(st.binary(max_size=30))


@given(st.binary(max_size=600) | damaged())
def test_garbage_is_answered_shortly_or_not_at_all(octets):
    """With the number of the question, as an answer, with nothing long, and without an exception."""
    answer = ANSWERS.answer(octets)

    if answer is not None:
        assert octets[:2] == answer[:2]
        assert answer[2] & 0x80
        assert len(answer) <= 512
        dns.message.from_wire(answer)


@pytest.fixture
def serving():
    """A name server on loopback, and the loop it runs in."""
    with asyncio.Runner() as runner:
        server = NameServer(ANSWERS)
        datagrams, connections = naming.bound("127.0.0.1", 0)
        server.place = datagrams.getsockname()
        runner.run(server.listen(datagrams, connections))
        yield runner, server
        runner.run(server.close())


@pytest.mark.parametrize("carrier", [dns.asyncquery.udp, dns.asyncquery.tcp])
def test_names_are_answered_by_datagram_and_connection(serving, carrier):
    """At the same port."""
    runner, server = serving
    host, port = server.place
    query = dns.message.make_query("beta.example.org", "A")

    assert ["127.77.0.2"] == records(runner.run(carrier(query, host, port=port, timeout=5)))


def test_several_questions_come_over_one_connection(serving):
    """Also when they come at once; what is no question ends it."""
    runner, server = serving
    query = dns.message.make_query("beta.example.org", "A").to_wire()

    async def talk():
        reader, writer = await asyncio.open_connection(*server.place)
        writer.write((len(query).to_bytes(2, "big") + query) * 3 + b"\x00\x02hi")
        told = await reader.read()
        writer.close()
        return told

    told = runner.run(talk())
    answer = ANSWERS.answer(query)

    assert (len(answer).to_bytes(2, "big") + answer) * 3 == told


def test_a_question_that_is_too_long_is_not_waited_for(serving):
    """The connection ends at once."""
    runner, server = serving

    async def talk():
        reader, writer = await asyncio.open_connection(*server.place)
        writer.write(b"\xff\xff")
        told = await reader.read()
        writer.close()
        return told

    assert b"" == runner.run(talk())


def look_ups(runner, place, *, beyond=False):
    sockets = Sockets(runner.get_loop())
    sockets.hosts = HOSTS
    return LookUps(sockets, place, beyond=beyond)


def test_sites_ask_the_server(serving):
    """Both ways, by the name without its port; and nobody about who is not of the mesh."""
    runner, server = serving
    asked = look_ups(runner, server.place)

    assert ("alpha.example.org",) == runner.run(asked.names("127.77.0.1"))
    assert ("127.77.0.1",) == runner.run(asked.addresses("alpha.example.org:8443"))
    assert ("192.0.2.7",) == runner.run(asked.addresses("192.0.2.7:443"))
    assert ("2001:db8::1",) == runner.run(asked.addresses("[2001:db8::1]:443"))
    assert () == runner.run(asked.names("127.77.9.9"))
    assert () == runner.run(asked.names("192.0.2.7")) == runner.run(asked.addresses("example.org"))
    assert () == runner.run(asked.names("no address"))


def test_a_server_that_says_nothing_is_no_answer(monkeypatch):
    """Which is something else than the answer that there is no such name."""
    monkeypatch.setattr(naming, "PATIENCE", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, asyncio.Runner() as runner:
        silent.bind(("127.0.0.1", 0))
        asked = look_ups(runner, silent.getsockname())
        for work in (asked.names("127.77.0.1"), asked.addresses("beta.example.org")):
            with pytest.raises(NetworkError, match="no answer of the name service"):
                runner.run(work)


def test_others_are_looked_up_where_the_system_looks(serving, monkeypatch):
    """If they can come; here the system's resolver is the mesh's own server, which refuses to answer."""
    runner, server = serving
    asked = look_ups(runner, server.place, beyond=True)
    system = dns.asyncresolver.Resolver(configure=False)
    system.nameservers, system.port = [server.place[0]], server.place[1]
    monkeypatch.setattr(dns.asyncresolver, "Resolver", lambda: system)

    with pytest.raises(NetworkError, match="no answer of the name service"):
        runner.run(asked.names("192.0.2.7"))
