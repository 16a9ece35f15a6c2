"""Provider lists: a site's own, and directories that are polled and believed by their key only."""

import pytest

from meshsim import plugins
from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import OcmError, PeerError
from meshsim.site.listing import MEMBERS, Provider

ALPHA, BETA, DIRECTORY = "alpha.example.org", "beta.example.org", "directory.example.org"


@pytest.fixture
def federation(make_mesh):
    """Two sites and a directory; alpha has a friend on a list of its own."""
    friend = (Provider("friend.example", "A friend"),)
    plans = (Plan(ALPHA, settings={"providers": friend}), Plan(BETA, settings={"provider": "Beta"}))
    return make_mesh(Topology(plans, directory=DIRECTORY))


def providers(mesh, host=ALPHA, **options):
    return [p.host for p in mesh.run(mesh.site(host).listing.providers(**options))]


def register(mesh, host, **options):
    mesh.run(mesh.site(host).listing.register(**options))


def test_who_registers_is_found_by_all(federation):
    """The union of all lists, by name; and gone when it leaves."""
    for host in (ALPHA, BETA):
        register(federation, host)
        register(federation, host)
    assert ["friend.example", BETA, ALPHA] == providers(federation)
    assert {} == federation.site(ALPHA).listing.problems
    register(federation, BETA, leave=True)

    assert ["friend.example", ALPHA] == providers(federation, fresh=True)


def test_a_list_is_polled_when_it_is_old(federation):
    """And the last good one stays when the directory is away, which is told (OCM-DIR-011)."""
    register(federation, BETA)
    for _ in range(3):
        providers(federation)
    polls = [e for e in federation.transcript if e.request.url.endswith("/directory") and e.source == ALPHA]
    assert 1 == len(polls)
    federation.crash(DIRECTORY)
    federation.advance(3601)

    assert ["friend.example", BETA] == providers(federation)
    assert "connection refused" in str(federation.site(ALPHA).listing.problems)


@pytest.mark.parametrize("fault", ["garbled", "truncated", "wrong_status"])
def test_what_the_key_did_not_sign_is_not_believed(federation, fault):
    """Garbled, cut or replaced: the last good list stays."""
    register(federation, BETA)
    providers(federation)
    federation.fabric.add_fault(fault, plugins.load("faults", fault)(path="/directory"))

    assert ["friend.example", BETA] == providers(federation, fresh=True)
    assert federation.site(ALPHA).listing.problems


def test_a_server_registers_itself_and_nobody_else(federation):
    """Signed, by the server that the URL names."""
    from meshsim.ocm.directory import Server
    from meshsim.ocm.document import dump
    from meshsim.site.peers import JSON, judge

    site = federation.site(ALPHA)

    async def claim(url, signed=True):
        peer = await site.peers.discover(DIRECTORY)
        where, body = f"https://{DIRECTORY}/directory/register", dump(Server(url, "X"))
        if signed:
            return await judge(peer, await site.peers.send_signed(peer, where, body, JSON))
        from meshsim.wire import Request

        return await judge(peer, await site.ports.network.send(Request("POST", where, JSON, body)))

    for url, signed, status in (
        (f"https://{BETA}", True, 401),
        (f"https://{ALPHA}", False, 401),
        (f"http://{ALPHA}", True, 403),
        (f"https://{ALPHA}/path", True, 400),
    ):
        with pytest.raises(PeerError) as refusal:
            federation.run(claim(url, signed))
        assert status == refusal.value.answered, url
    assert [] == list(federation.store(DIRECTORY).rows(MEMBERS))


def test_a_site_without_directory_has_none(mesh):
    """Nothing to read, nothing to join."""
    with pytest.raises(OcmError, match="no directory"):
        mesh.site(mesh.hosts[0]).listing.document()
    assert [] == providers(mesh, mesh.hosts[0])


def test_a_list_that_many_look_at_is_fetched_once(federation):
    """While one asks for the new one, the others are shown the old."""
    for host in (ALPHA, BETA):
        register(federation, host)
    providers(federation)
    federation.advance(3600)
    before = len(federation.transcript)
    listing, seen = federation.site(ALPHA).listing, []

    async def look():
        seen.append(len(await listing.providers()))

    for _ in range(5):
        federation.kernel.spawn(look())
    federation.advance(10)

    assert [3] * 5 == seen
    assert before + 1 == len(federation.transcript)
