"""Received shares as WebDAV of their user: one folder, names that keep their owner, nothing else let in."""

import asyncio
from hashlib import sha256
from io import BytesIO

import aiohttp
import pytest
from lxml import etree
from msgspec.structs import replace

from meshsim.apis.received import HELD, names
from meshsim.served import ServedMesh
from meshsim.site.opening import Token
from meshsim.wire import Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def bob_(mesh):
    """Bob's WebDAV program."""
    auth = ("bob", mesh.people(BETA).password("bob"))
    with mesh.client("laptop.example", auth=auth, base_url=f"https://{BETA}") as client:
        yield client


@pytest.fixture
def shared(mesh, alice, bob):
    """Shares of Alice's that Bob accepted."""

    def share(*paths, permissions=("read", "write")):
        for path in paths:
            mesh.run(alice.share(path, bob.address, permissions))
        for received in bob.received():
            mesh.run(bob.accept(received))

    return share


def hrefs(answer):
    return [element.text for element in etree.fromstring(answer.content).iter("{DAV:}href")]


def find(client, path, depth="1"):
    return client.request("PROPFIND", path, headers={"depth": depth})


def test_one_folder_has_all_that_was_accepted(shared, bob_):
    """Folders and files, with what a listing needs."""
    shared("papers", "notes.txt")
    answer = find(bob_, "/dav/shares/bob/")

    assert 207 == answer.status_code
    assert ["/dav/shares/bob/", "/dav/shares/bob/notes.txt", "/dav/shares/bob/papers/"] == hrefs(answer)
    size = len(bob_.get("/dav/shares/bob/notes.txt").content)
    assert f"<D:getcontentlength>{size}<" in answer.text
    assert ["/dav/shares/bob/"] == hrefs(find(bob_, "/dav/shares/bob/", "0"))


def test_what_is_pending_is_not_there(mesh, alice, bob, bob_):
    """Nobody's folder fills with what others push."""
    mesh.run(alice.share("papers", bob.address))

    assert ["/dav/shares/bob/"] == hrefs(find(bob_, "/dav/shares/bob/"))
    assert 404 == find(bob_, "/dav/shares/bob/papers").status_code


def test_places_in_answers_are_places_here(shared, bob_):
    """A client finds members, locks and destinations below the address it knows."""
    shared("papers")
    base = "/dav/shares/bob/papers"
    assert [f"{base}/", f"{base}/abstract.txt", f"{base}/review.md"] == hrefs(find(bob_, base))
    body = (
        b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>'
        b"</D:locktype><D:owner><D:href>mailto:bob</D:href></D:owner></D:lockinfo>"
    )
    locked = bob_.request("LOCK", f"{base}/abstract.txt", content=body)
    assert {"mailto:bob", f"{base}/abstract.txt"} < set(hrefs(locked))
    assert 423 == bob_.put(f"{base}/abstract.txt", content=b"x").status_code
    held = {"if": f"<https://{BETA}{base}/abstract.txt> ({locked.headers['lock-token']})"}
    assert 204 == bob_.put(f"{base}/abstract.txt", content=b"x", headers=held).status_code
    token = {"lock-token": locked.headers["lock-token"]}
    assert 204 == bob_.request("UNLOCK", f"{base}/abstract.txt", headers=token).status_code
    moved = {"destination": f"https://{BETA}{base}/first%20page.txt"}
    assert 201 == bob_.request("MOVE", f"{base}/abstract.txt", headers=moved).status_code
    assert b"x" == bob_.get(f"{base}/first%20page.txt").content


@pytest.mark.parametrize(
    ("destination", "status"),
    [
        ("https://evil.example/dav/shares/bob/papers/x", 403),
        (f"https://{BETA}/dav/files/bob/x", 403),
        ("/dav/shares/bob/papers/../x", 400),
        ("x", 400),
    ],
)
def test_a_destination_is_in_the_same_share(shared, bob_, destination, status):
    """Or the request goes nowhere."""
    shared("papers")
    answer = bob_.request("MOVE", "/dav/shares/bob/papers/review.md", headers={"destination": destination})

    assert status == answer.status_code
    assert bob_.get("/dav/shares/bob/papers/review.md").content


def test_shares_of_one_name_are_told_apart(mesh, alice, bob, shared):
    """By who gave them, and if that is not enough by their id; the plain name is nobody's then."""
    shared("papers")
    assert ["papers"] == list(names(bob.site, "bob"))
    alice.make_folder("data/papers")
    carol = mesh.person(f"carol@{ALPHA}")
    mesh.run(carol.share("papers", bob.address))
    shared("data/papers")
    found = names(bob.site, "bob")
    assert 3 == len(found)
    assert f"papers (carol@{ALPHA})" in found
    assert "papers" not in found
    assert all(name.startswith("papers (") for name in found)
    assert {share.key for share in bob.received()} == {share.key for share in found.values()}


@pytest.mark.parametrize(("evil", "fit"), [("..", "_"), ("a/b\\c", "a_b_c"), ("x\x00", "x_"), (".", "_")])
def test_a_name_that_is_no_name_gets_one(bob, shared, evil, fit):
    """A peer chooses what a share is called; here it must be one segment of a path."""
    shared("papers")
    (share,) = bob.received()
    bob.site.records.commit([replace(share, name=evil).put()])

    assert [fit] == list(names(bob.site, "bob"))


def test_nobody_looks_into_anothers(shared, bob_, mesh):
    """Neither by name nor by climbing."""
    shared("papers")
    auth = ("alice", mesh.people(BETA).password("alice"))
    with mesh.client("other.example", auth=auth, base_url=f"https://{BETA}") as client:
        assert 403 == find(client, "/dav/shares/bob/").status_code
        assert 404 == find(client, "/dav/shares/alice/papers").status_code
    for path in ("papers/%2e%2e/%2e%2e", "papers/..%2fnotes.txt", "papers/%2e%2e/notes.txt"):
        assert 400 == bob_.get(f"/dav/shares/bob/{path}").status_code


def test_the_users_rights_and_wrongs_are_the_senders_to_judge(mesh, alice, shared, bob_):
    """403 where nothing may be written; a share that was taken back is gone."""
    shared("papers", permissions=("read",))
    assert 403 == bob_.put("/dav/shares/bob/papers/x", content=b"x").status_code
    assert 405 == bob_.get("/dav/shares/bob/papers").status_code
    assert 403 == bob_.put("/dav/shares/bob/x", content=b"x").status_code
    mesh.run(alice.unshare(alice.given()[0]))
    assert 404 == bob_.get("/dav/shares/bob/papers/abstract.txt").status_code


@pytest.mark.parametrize(
    ("method", "lie", "status"),
    [
        (
            "GET",
            Response(200, {"set-cookie": "a=b", "content-type": "text/html", "link": "<x>"}, b"<p>"),
            200,
        ),
        ("GET", Response(302, {"location": "https://evil.example"}), 502),
        ("GET", Response(401, {"www-authenticate": "Basic"}), 403),
        ("PROPFIND", Response(207, {}, b"<!DOCTYPE x><x/>"), 502),
        ("PROPFIND", Response(207, {}, b"\xff\xfe junk"), 502),
        (
            "PROPFIND",
            Response(
                207,
                {"refresh": "0; url=https://evil.example"},
                b'<multistatus xmlns="DAV:"><response><href>/etc</href></response></multistatus>',
            ),
            207,
        ),
    ],
)
def test_another_server_says_nothing_but_what_concerns_the_file(mesh, shared, bob_, method, lie, status):
    """No cookie, redirect or policy of its comes through, and its 401 asks nobody for a password."""
    shared("papers")
    bob_.get("/dav/shares/bob/papers/abstract.txt")
    inner = mesh.fabric.hosts.find(f"https://{ALPHA}").handler

    async def liar(request):
        return lie if "/dav/ocm/" in request.url else await inner(request)

    mesh.fabric.hosts.find(f"https://{ALPHA}").handler = liar
    answer = bob_.request(method, "/dav/shares/bob/papers/abstract.txt", headers={"depth": "0"})

    assert status == answer.status_code
    assert {"set-cookie", "link", "location", "refresh"}.isdisjoint(answer.headers)
    assert "/etc" not in answer.text
    assert "www-authenticate" not in answer.headers or status == 401


BIG = bytes(range(256)) * (HELD // 64)


@pytest.fixture
def far():
    """Bob's program, on sockets, with a folder of Alice's that he may write to."""
    with ServedMesh(2) as mesh:
        alice, bob = (mesh.person(f"{n}@{h}") for n, h in zip(("alice", "bob"), mesh.hosts, strict=True))

        async def share():
            await alice.share("papers", bob.address, ("read", "write"))
            return await bob.accept(bob.received()[0])

        yield Far(mesh, alice, bob, mesh.run(share()))
        assert [] == mesh.sockets.failures


class Far:
    """What is done with the share from far away."""

    def __init__(self, mesh, alice, bob, share):
        self.mesh, self.alice, self.bob, self.share = mesh, alice, bob, share
        self.url = f"http://{bob.address.host}/dav/shares/bob/papers"

    def ask(self, method, path, **options):
        auth = aiohttp.encode_basic_auth("bob", self.mesh.people(self.bob.address.host).password("bob"))

        async def work():
            async with aiohttp.ClientSession(headers={"authorization": auth}) as session:
                answer = await session.request(method, f"{self.url}/{path}", **options)
                return answer, await answer.read()

        return self.mesh.run(work())

    def watched(self):
        """How much of a body has come to Alice's site; and what lets it take more."""
        place = self.mesh.sockets.place(self.alice.address.host)
        handler, seen, go_on = place.start(), [], asyncio.Event()

        async def watch(request):
            if request.method != "PUT":
                return await handler(request)

            async def parts():
                async for chunk in request.body:
                    seen.append(len(chunk))
                    yield chunk
                    await go_on.wait()

            seen.append(request.headers.get("content-length"))
            return await handler(replace(request, body=parts()))

        place.handler = watch
        return seen, go_on


@pytest.mark.parametrize("sized", [True, False])
def test_what_is_big_is_passed_on_as_it_comes(far, sized):
    """The other server has its beginning before the end was sent, and is told the length if we were."""
    seen, go_on = far.watched()

    async def parts():
        yield BIG
        while len(seen) < 2:
            await asyncio.sleep(0)
        go_on.set()
        yield b"end"

    headers = {"content-length": str(len(BIG) + 3)} if sized else {}
    answer, _ = far.ask("PUT", "big.bin", data=parts(), headers=headers)

    assert 201 == answer.status
    assert [headers.get("content-length"), len(BIG) + 3] == [seen[0], sum(seen[1:])]
    assert BIG + b"end" == far.mesh.run(far.alice.get("papers/big.bin"))


def test_the_credential_is_tried_before_what_can_be_sent_but_once(far):
    """A token that ended early costs a look, and not the upload."""
    key, site = far.share.key, far.bob.site
    site.opening.tokens[key] = Token("not good any more", site.now() + 3600)
    answer, _ = far.ask("PUT", "big.bin", data=BytesIO(BIG))

    assert 201 == answer.status
    assert sha256(BIG).digest() == sha256(far.mesh.run(far.alice.get("papers/big.bin"))).digest()


def test_what_comes_back_says_how_long_it_is(far):
    """So that a program can show how much is left; and parts may be asked for."""
    far.alice.put("papers/big.bin", BIG)
    answer, body = far.ask("GET", "big.bin")
    part, middle = far.ask("GET", "big.bin", headers={"range": f"bytes=7-{2 * HELD}"})

    assert (200, len(BIG)) == (answer.status, answer.content_length)
    assert BIG == body
    assert (206, BIG[7 : 2 * HELD + 1]) == (part.status, middle)


def test_only_files_are_long(far):
    """What is read as a whole is short."""
    answer, body = far.ask("PROPFIND", "", data=BytesIO(BIG))

    assert (413, True) == (answer.status, str(HELD).encode() in body)


def test_an_upload_that_breaks_off_leaves_nothing(far):
    """Neither half a file there nor a failure here."""

    async def parts():
        yield BIG
        raise RuntimeError("the program ends")

    with pytest.raises((aiohttp.ClientError, RuntimeError)):
        far.ask("PUT", "big.bin", data=parts(), headers={"content-length": str(2 * len(BIG))})
    far.mesh.settle(60.0)

    assert far.alice.site.ports.storage.stat("/alice/papers/big.bin") is None
