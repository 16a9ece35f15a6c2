"""Received shares as WebDAV of their user: one folder, names that keep their owner, nothing else let in."""

import pytest
from lxml import etree
from msgspec.structs import replace

from meshsim.apis.received import names
from meshsim.site.records import put
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
        ("https://evil.example/dav/shares/bob/papers/x", 502),
        (f"https://{BETA}/dav/files/bob/x", 502),
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
    bob.site.records.commit([put(replace(share, name=evil))])

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
