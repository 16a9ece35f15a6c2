import pytest

from meshsim.network.hosts import Hosts, canonical
from meshsim.wire import NetworkError, Request, Response
from tests.network.conftest import echo


def test_addresses_are_given_in_order(fabric):
    """The same topology has the same addresses."""
    addresses = [fabric.address_of(f"h{n}.example.org") for n in range(300)]

    assert "10.0.0.1" == fabric.address_of("beta.example.org")
    assert ["10.0.0.2", "10.0.0.3"] == addresses[:2]
    assert "10.0.1.45" == addresses[-1]
    assert 300 == len(set(addresses))


def test_an_address_may_be_chosen(fabric):
    """And is what others see."""

    async def handler(request):
        return Response(200)

    fabric.attach("gamma.example.org", handler, address="192.0.2.7")

    assert "192.0.2.7" == fabric.address_of("gamma.example.org")
    assert "gamma.example.org" == fabric.name_of("192.0.2.7")


def test_reverse_names_may_be_wrong_or_missing(fabric):
    """What an address says of its name is as true as its owner made it."""
    address = fabric.address_of("beta.example.org")

    fabric.hosts.rename(address, "bank.example.org")
    assert "bank.example.org" == fabric.name_of(address)
    fabric.hosts.rename(address, None)
    assert fabric.name_of(address) is None
    assert fabric.name_of("203.0.113.1") is None


def test_a_name_may_lead_to_another_host(fabric):
    """A second name reaches the same host, and the URL keeps what was asked for."""
    fabric.hosts.alias("www.beta.example.org", "beta.example.org")

    answer = fabric.kernel.run(fabric.port("a").send(Request("GET", "https://www.beta.example.org/")))

    assert 200 == answer.status
    (exchange,) = fabric.transcript
    assert "beta.example.org" == exchange.target
    assert "https://www.beta.example.org/" == exchange.request.url


def test_a_spoofed_name_leads_away_from_its_host(fabric):
    """Whoever asks for the name talks to the impostor."""

    async def impostor(request):
        return Response(418)

    fabric.attach("evil.example.net", impostor)
    fabric.hosts.alias("beta.example.org", "evil.example.net")

    answer = fabric.kernel.run(fabric.port("a").send(Request("GET", "https://beta.example.org/")))

    assert 418 == answer.status


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        ("Alpha.Example.org", "alpha.example.org"),
        ("alpha.example.org:443", "alpha.example.org"),
        ("alpha.example.org:80", "alpha.example.org"),
        ("alpha.example.org:8443", "alpha.example.org:8443"),
        ("[2001:db8::443]", "[2001:db8::443]"),
    ],
)
def test_a_host_is_known_by_its_canonical_name(authority, name):
    """Lower case, and without a port that goes without saying."""
    assert name == canonical(authority)


def test_the_other_schemes_default_port_is_another_port(fabric):
    """http on port 443 is not where https is."""
    with pytest.raises(NetworkError, match="no such host"):
        fabric.kernel.run(fabric.port("a").send(Request("GET", "http://beta.example.org:443/")))


def test_nothing_starts_where_nothing_is_attached(fabric):
    """A host that only calls has no handler."""
    with pytest.raises(LookupError):
        fabric.hosts.get("caller.example.org").start()


def test_a_host_can_be_started_before_it_is_asked(fabric):
    """The handler made is the one that answers later."""
    made = []

    def factory(life):
        made.append(life.number)

        async def handler(request):
            return Response(200)

        return handler

    host = fabric.attach("gamma.example.org", factory=factory)

    assert host.start() is host.start()
    assert [0] == made


def test_the_name_service_answers_both_ways(mesh):
    """As the Names port of a site: forward also before anybody called, reverse as it was set."""
    hosts = mesh.fabric.hosts
    (address,) = mesh.run(hosts.addresses("beta.example.org"))

    assert mesh.fabric.address_of("beta.example.org") == address
    assert ("beta.example.org",) == mesh.run(hosts.names(address))
    hosts.rename(address, None)
    assert () == mesh.run(hosts.names(address))
    assert () == mesh.run(hosts.addresses("nobody.example.org")) == mesh.run(hosts.names("10.9.9.9"))


def test_a_port_makes_no_difference_to_the_name_service(fabric):
    """A name has an address, and what listens there is nobody's business."""
    host = fabric.attach("gamma.example.org:8443", echo)

    assert host.address == fabric.hosts.address_of("gamma.example.org")
    assert host.address == fabric.hosts.address_of("gamma.example.org:8443")


def test_addresses_end_with_their_block(fabric):
    """Nobody gets an address that is another's, or one that everybody listens to."""
    hosts = Hosts(fabric, "127.77.0.0/30")

    assert ["127.77.0.1", "127.77.0.2"] == [hosts.new_address(), hosts.new_address()]
    with pytest.raises(OSError, match="no more addresses in"):
        hosts.new_address()
