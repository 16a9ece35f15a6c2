"""WebDAV of shared resources: confined to the share, to its rights, and to its owner's site."""

import pytest

from meshsim.wire import Request

ALPHA = "alpha.example.org"

CLIMBING = [
    *(
        "/../../notes.txt",
        "/..%2f..%2fnotes.txt",
        "/%2e%2e/notes.txt",
        "/%2e%2e%2fnotes.txt",
        "/..\\notes.txt",
    ),
    *("/....//notes.txt", "/./../notes.txt", "/%252e%252e/notes.txt", "//alice/notes.txt", "/..;/notes.txt"),
    *("/%c0%ae%c0%ae/notes.txt", "/\x00/../notes.txt", "/../bob/notes.txt", "/x/../../notes.txt"),
]


@pytest.fixture
def ask(mesh, alice, bob):
    """A request of beta's to a folder that Alice shared with Bob."""
    mesh.run(alice.share("/papers", bob.address, ("read", "write")))
    share = alice.given()[0]
    alice.put("notes.txt", b"CANARY")

    def send(method, path="", body=b"", credential=None, source="beta.example.org", **headers):
        url = f"https://{ALPHA}/dav/ocm/{share.provider_id}{path}"
        given = {"authorization": f"Bearer {credential or share.secret}", **headers}

        async def go():
            return await mesh.fabric.port(source).send(Request(method, url, given, body))

        return mesh.run(go())

    send.share = share
    return send


@pytest.mark.parametrize("path", CLIMBING)
@pytest.mark.parametrize("method", ["GET", "PROPFIND", "PUT", "DELETE", "COPY", "MOVE", "MKCOL", "LOCK"])
def test_no_spelling_of_a_path_leads_out(mesh, alice, ask, method, path):
    """Neither to read nor to write, whatever the method."""
    answer = ask(method, path, b"EVIL", destination=f"https://{ALPHA}/dav/ocm/x", depth="1")

    assert b"CANARY" not in answer.body
    assert b"CANARY" == mesh.run(alice.get("notes.txt"))


@pytest.mark.parametrize("path", ["/../notes.txt", "/%2e%2e/notes.txt", "/../../alice/notes.txt"])
def test_no_destination_leads_out(mesh, alice, ask, path):
    """A file of the share cannot be moved or copied over another of the owner's."""
    for method in ("COPY", "MOVE"):
        for base in (f"https://{ALPHA}/dav/ocm/{ask.share.provider_id}", "https://evil.example", ""):
            answer = ask(method, "/abstract.txt", destination=base + path, overwrite="T")
            assert answer.status >= 400

    assert b"CANARY" == mesh.run(alice.get("notes.txt"))


def test_rights_are_those_of_the_record(mesh, alice, ask):
    """Taken away, they end with the next request."""
    assert 201 == ask("PUT", "/new.txt", b"x").status
    mesh.run(alice.change_permissions(ask.share, ("read",)))
    for method in ("PUT", "DELETE", "MKCOL", "PROPPATCH", "LOCK"):
        assert 403 == ask(method, "/new.txt").status
    assert 200 == ask("GET", "/new.txt").status


def test_properties_and_locks_work(mesh, ask):
    """They live with the file, and a lock keeps others out."""
    lock = (
        b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
        b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
    )
    patch = (
        b'<D:propertyupdate xmlns:D="DAV:" xmlns:x="urn:x"><D:set><D:prop>'
        b"<x:color>red</x:color></D:prop></D:set></D:propertyupdate>"
    )
    assert 207 == ask("PROPPATCH", "/abstract.txt", patch).status
    assert b"red" in ask("PROPFIND", "/abstract.txt", depth="0").body
    token = ask("LOCK", "/abstract.txt", lock).headers["lock-token"]

    assert 423 == ask("PUT", "/abstract.txt", b"no").status
    assert 204 == ask("PUT", "/abstract.txt", b"yes", **{"if": f"({token})"}).status
    assert 204 == ask("UNLOCK", "/abstract.txt", **{"lock-token": token}).status


def test_nobody_is_told_what_is_there(ask):
    """A wrong credential gets one answer, for shares that are and for those that are not."""
    there, nowhere = ask("GET", credential="x"), ask("GET", "x", credential="x")

    assert (401, there.body, there.headers) == (nowhere.status, nowhere.body, nowhere.headers)


def test_a_prefix_with_its_slash_and_one_more_leads_to_the_share(mesh, ask):
    """That is what the draft makes of a prefix that ends in one (wire.md section 8, 4)."""
    share = ask.share
    prefix = mesh.site(ALPHA).discovery.resource_types[0].protocols["webdav"]
    url = f"https://{ALPHA}{prefix}/{share.provider_id}"
    headers = {"authorization": f"Bearer {share.secret}", "depth": "1"}
    answer = mesh.run(mesh.fabric.port("beta.example.org").send(Request("PROPFIND", url, headers)))

    assert 207 == answer.status
    assert f"{prefix}/{share.provider_id}/abstract.txt".encode() in answer.body
