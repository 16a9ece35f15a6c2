import asyncio
import json
import socket
import ssl

import aiohttp
import pytest
from msgspec.structs import replace

from meshsim import served as served_module
from meshsim.database import DataError
from meshsim.doors import Doors
from meshsim.network.serving import CannotListen
from meshsim.network.sockets import RECENT, Recent
from meshsim.ocm.errors import PeerError
from meshsim.served import AUTHORITY, ServedMesh
from meshsim.site.records import SENT_SHARES
from meshsim.topology import Plan, Topology, default_topology
from meshsim.wire import Request, Transcript


@pytest.fixture(params=["http", "https"])
def served(request):
    """Two sites on sockets."""
    with ServedMesh(2, doors=Doors(tls=request.param == "https")) as mesh:
        yield mesh


def test_bob_reads_what_alice_shares_over_sockets(served):
    """The story of the README, told on real connections."""
    alice, bob = (
        served.person(f"{name}@{host}") for name, host in zip(("alice", "bob"), served.hosts, strict=True)
    )

    async def story():
        alice.put("thesis.txt", b"It works.")
        await bob.accept_invite(alice.invite())
        await alice.share("thesis.txt", bob.address)
        (share,) = bob.received()
        await bob.accept(share)
        return await bob.read(share)

    assert b"It works." == served.run(story())
    assert [] == served.sockets.failures


@pytest.mark.parametrize("loop", [served_module.new_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_who_sends_too_much_before_it_reads_is_still_told(tls, loop, monkeypatch):
    """A client that first sends all it has, as many do, is heard to its end and reads why it was refused."""
    monkeypatch.setattr(served_module, "new_loop", loop)
    with ServedMesh(1, doors=Doors(tls=tls)) as mesh:
        assert answer_to_too_much(mesh).startswith(b"HTTP/1.1 413 ")
        assert [] == mesh.sockets.failures


def answer_to_too_much(served):
    host = served.hosts[0]
    door = served.sockets.doors[host]
    head = f"POST /ocm/token HTTP/1.1\r\nHost: {host}\r\nContent-Length: {1 << 22}\r\n\r\n".encode()

    def send():
        with socket.create_connection(door, 30) as plain, secured(served, plain) as connection:
            connection.sendall(head)
            for _ in range(1 << 6):
                connection.sendall(b"x" * (1 << 16))
            return connection.recv(1 << 16)

    async def story():
        return await asyncio.to_thread(send)

    return served.run(story())


def secured(mesh, connection):
    """The same connection, with TLS where the mesh has it."""
    if mesh.trust is None:
        return connection
    return mesh.trust.client.wrap_socket(connection, server_hostname="localhost")


def test_a_mesh_does_without_uvloop(monkeypatch):
    """Where it is not installed, asyncio's own loop serves and calls."""
    monkeypatch.setattr(served_module, "new_loop", asyncio.new_event_loop)
    with ServedMesh(2) as mesh:
        alice, bob = (
            mesh.person(f"{name}@{host}") for name, host in zip(("alice", "bob"), mesh.hosts, strict=True)
        )

        async def story():
            alice.put("big.bin", b"x" * 300_000)
            await bob.accept_invite(alice.invite())
            await alice.share("big.bin", bob.address)
            (share,) = bob.received()
            await bob.accept(share)
            return await bob.read(share)

        assert b"x" * 300_000 == mesh.run(story())
        assert [] == mesh.sockets.failures


def test_others_open_what_the_mesh_says_of_itself(served):
    """A client knows the printed URL, user and password, trusts the printed authority, and nothing else."""
    (site, _), ca = served.described()["sites"], served.trust
    user = site["users"][0]

    async def get(url):
        connector = aiohttp.TCPConnector(ssl=ca.client if ca else True)
        headers = {"authorization": aiohttp.encode_basic_auth(user["name"], user["password"])}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            answer = await session.get(url)
            return answer.status, await answer.read()

    assert 200 == served.run(get(site["url"] + "/.well-known/ocm"))[0]
    status, me = served.run(get(site["api"] + "/me"))
    assert (200, user["address"]) == (status, json.loads(me)["address"])
    assert 200 == served.run(get(user["dav"] + "notes.txt"))[0]


def test_names_of_the_story_may_be_kept():
    """Sites that look each other up in the mesh are called as in the simulation, on one port."""
    with ServedMesh(2, doors=Doors(virtual=True)) as mesh:
        alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
        mesh.run(bob.accept_invite(alice.invite()))

        assert [alice.address] == [contact.address for contact in bob.contacts()]
        assert 1 == len({port for _, port in mesh.sockets.doors.values()})


def signless(host, *policies):
    return Plan(host, policies=policies, dialect_options={"signed": False})


@pytest.mark.parametrize("virtual", [True, False], ids=["names of the story", "names with ports"])
def test_sites_with_addresses_of_their_own_are_told_apart_by_them(virtual):
    """Calls leave from the caller's own address; who has another one is refused, whatever its name says."""
    plans = (signless("alpha.example"), signless("beta.example", "reverse"), signless("evil.example"))
    with ServedMesh(Topology(plans), doors=Doors(virtual=virtual, per_site=True, tls=True)) as mesh:
        alpha, beta, evil = mesh.hosts
        alice, bob = mesh.person(f"alice@{alpha}"), mesh.person(f"bob@{beta}")
        mesh.run(alice.share("notes.txt", bob.address))
        (taken,) = [e for e in mesh.transcript if e.request.url.endswith("/shares")]
        hosts = mesh.sockets.hosts
        hosts.rename(hosts.address_of(evil), alpha)
        body = taken.request.body.replace(b'"providerId":"', b'"providerId":"again-')
        refused = mesh.run(mesh.port(evil).send(replace(taken.request, body=body)))

        assert (201, 403) == (taken.response.status, refused.status)
        assert b"is at another address" in refused.body
        assert [] == mesh.sockets.failures
        assert ["127.77.0.1", "127.77.0.2", "127.77.0.3"] == [s["address"] for s in mesh.described()["sites"]]


def test_the_callers_address_is_that_of_the_socket():
    """No header changes it, and browsers have one, too."""
    seen = []
    with ServedMesh(2, doors=Doors(per_site=True)) as mesh:
        alpha, beta = mesh.hosts
        place = mesh.sockets.place(beta)
        handler = place.start()

        async def watched(request):
            seen.append(request.remote)
            return await handler(request)

        place.handler = watched
        request = Request("GET", f"http://{beta}/.well-known/ocm", {"x-forwarded-for": "127.77.9.9"})
        for caller in (alpha, "browser.example"):
            mesh.run(mesh.port(caller).send(request))

    assert ["127.77.0.1", "127.77.0.3"] == seen


def test_policies_speak_of_the_names_that_sites_have_in_this_run():
    """An allowlist of the scenario lets in whom it meant."""
    plans = default_topology(2).sites
    only = replace(plans[0], policies=(("allowlist", {"hosts": (plans[1].host,)}),))
    with ServedMesh(Topology((only, plans[1]))) as mesh:
        alice, bob = mesh.person(f"alice@{mesh.hosts[0]}"), mesh.person(f"bob@{mesh.hosts[1]}")
        mesh.run(bob.accept_invite(alice.invite()))

        assert 1 == len(alice.contacts())


def test_a_directory_is_served_too_and_all_sites_are_in_it():
    """Whoever is asked where they are from is offered every site of the mesh."""
    topology = replace(default_topology(3), directory="directory.example.org")
    with ServedMesh(topology) as mesh:
        mesh.run(mesh.register())
        found = mesh.run(mesh.site(mesh.hosts[0]).listing.providers())

        assert sorted(mesh.hosts) == sorted(provider.host for provider in found)


def test_files_are_kept_in_the_folder_that_was_named(tmp_path):
    """What is written is there, as a file, when the mesh has gone."""
    with ServedMesh(Topology((Plan("a.example"),)), doors=Doors(virtual=True), data=tmp_path) as mesh:
        mesh.person("alice@a.example").put("thesis.txt", b"It works.")

    assert b"It works." == (tmp_path / "files" / "a.example" / "alice" / "thesis.txt").read_bytes()


def test_who_trusted_a_mesh_that_is_kept_trusts_it_after_a_restart(tmp_path):
    """Its authority is in the folder, where nobody else can read the key."""

    def knocked(mesh, ca):
        async def knock():
            connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca))
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get(f"https://{mesh.hosts[0]}/.well-known/ocm") as answer,
            ):
                return answer.status

        return mesh.run(knock())

    with ServedMesh(1, doors=Doors(tls=True)) as mesh:
        passing = mesh.ca.read_bytes()
    kept = tmp_path / "mesh"
    with ServedMesh(1, doors=Doors(tls=True), data=kept) as mesh:
        first = tmp_path / "trusted.pem"
        first.write_bytes(mesh.ca.read_bytes())
    assert b"PRIVATE" not in first.read_bytes() != passing
    assert 0o600 == (kept / AUTHORITY).stat().st_mode & 0o777
    # Sites are called by their ports, which the system chose here, so the topology is another one.
    (kept / "mesh.json").unlink()
    with ServedMesh(1, doors=Doors(tls=True), data=kept) as mesh:
        assert first.read_bytes() == mesh.ca.read_bytes()
        assert 200 == knocked(mesh, first)

    for damage in (b"", b"x", (kept / AUTHORITY).read_bytes()[:400]):
        (kept / AUTHORITY).write_bytes(damage)
        (kept / "mesh.json").unlink(missing_ok=True)
        with pytest.raises(DataError, match=r"authority\.pem is damaged"):
            ServedMesh(1, doors=Doors(tls=True), data=kept)


def test_a_port_that_is_taken_is_named():
    """The message says what to do, and nothing is left open."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=r"it is taken; .*--port"):
            ServedMesh(2, doors=Doors(port=port))


def test_a_crashed_site_answers_nobody_until_it_is_up_again(served):
    """Its connections break, and new ones get no answer; what it had written down is still there."""
    alice, bob = served.person(f"alice@{served.hosts[0]}"), served.person(f"bob@{served.hosts[1]}")
    invite = alice.invite()
    served.run(bob.accept_invite(invite))
    served.crash(served.hosts[0])

    with pytest.raises(PeerError, match=r"connection re(fused|set)"):
        served.run(bob.site.peers.discover(served.hosts[0], fresh=True))
    served.restart(served.hosts[0])
    assert served.run(bob.site.peers.discover(served.hosts[0], fresh=True))
    assert 1 == len(alice.contacts())


def test_what_was_accepted_is_finished_and_the_new_is_refused():
    """An answer under way when the mesh is closed still comes, and then nobody listens."""
    mesh = ServedMesh(1)
    host = mesh.hosts[0]
    _, port = mesh.sockets.doors[host]
    began, go_on = asyncio.Event(), asyncio.Event()
    place = mesh.sockets.place(host)
    handler = place.start()

    async def slow(request):
        began.set()
        await go_on.wait()
        return await handler(request)

    place.handler = slow

    async def close_meanwhile():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /.well-known/ocm HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        await began.wait()
        closing = asyncio.ensure_future(mesh.server.close())
        await asyncio.sleep(0)
        go_on.set()
        answer = await reader.read()
        writer.close()
        await closing
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        return answer

    assert mesh.run(close_meanwhile()).startswith(b"HTTP/1.1 200 OK")
    mesh.close()


def test_a_mesh_without_an_end_remembers_the_last_things_only():
    """Neither exchanges nor commits fill the memory; and half of the facts are judged by nobody."""
    with ServedMesh(2, transcript=Recent(3)) as mesh:
        alice, bob = (mesh.person(f"{n}@{h}") for n, h in zip(("alice", "bob"), mesh.hosts, strict=True))
        mesh.run(bob.accept_invite(alice.invite()))
        mesh.run(alice.share("/notes.txt", bob.address))
        last = list(mesh.journal.rows(SENT_SHARES))

        assert 3 == len(mesh.journal.entries) == len(list(mesh.transcript))
        assert 3 < len(mesh.transcript)
        assert "pending" == last[-1][2].state
        with pytest.raises(ValueError, match="forgets"):
            mesh.facts()
    with ServedMesh(2) as mesh:
        assert mesh.journal.entries.maxlen == mesh.transcript.most == RECENT


def test_a_mesh_that_is_judged_remembers_all():
    """With a transcript of its own, facts are whole."""
    with ServedMesh(1, transcript=Transcript()) as mesh:
        assert [] == mesh.facts().journal.entries
