"""The user API: everything people do, over HTTP, with a password."""

import pytest

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def at(mesh):
    """A client of somebody at a site."""
    opened = []

    def client(user, host):
        auth = (user, mesh.people(host).password(user))
        opened.append(mesh.client(f"laptop-of-{user}.{host}", auth=auth, base_url=f"https://{host}"))
        return opened[-1]

    yield client
    for one in opened:
        one.close()


@pytest.fixture
def alice_(at):
    return at("alice", ALPHA)


@pytest.fixture
def bob_(at):
    return at("bob", BETA)


def test_two_people_do_everything_over_http(mesh, alice_, bob_):
    """Invite, accept, share, accept, list, read, write, change, unshare, part."""
    me = bob_.get("/api/me").json()
    invite = alice_.post("/api/invites", json={"description": "project"}).json()
    assert "done" == bob_.post("/api/invites/accept", json={"invite": invite["inviteString"]}).json()["state"]
    assert [me["address"]] == [c["address"] for c in alice_.get("/api/contacts").json()["contacts"]]
    made = alice_.post("/api/shares/sent", json={"path": "papers", "shareWith": me["address"]})
    assert 201 == made.status_code
    (share,) = bob_.get("/api/shares/received").json()["shares"]
    base = f"/api/shares/received/{share['key']}"
    assert "accepted" == bob_.post(f"{base}/accept").json()["state"]
    assert 207 == bob_.request("PROPFIND", f"{base}/files/", headers={"Depth": "1"}).status_code
    assert bob_.get(f"{base}/files/abstract.txt").content
    assert 403 == bob_.put(f"{base}/files/new.txt", content=b"x").status_code
    changed = alice_.patch(
        f"/api/shares/sent/{made.json()['providerId']}", json={"permissions": ["read", "write"]}
    )
    assert ["read", "write"] == changed.json()["permissions"]
    assert 201 == bob_.put(f"{base}/files/new.txt", content=b"x").status_code
    moved = bob_.request(
        "MOVE", f"{base}/files/new.txt", headers={"Destination": f"https://{BETA}{base}/files/old.txt"}
    )
    assert 201 == moved.status_code
    assert b"x" == alice_.get("/dav/files/alice/papers/old.txt").content
    assert "revoked" == alice_.delete(f"/api/shares/sent/{made.json()['providerId']}").json()["state"]
    assert 200 == bob_.delete("/api/contacts/alice@" + ALPHA).status_code
    assert {"contacts": []} == alice_.get("/api/contacts").json()


def test_requests_are_asked_and_answered(mesh, alice_, bob_):
    """By the reference of a file."""
    reference = alice_.get("/api/references/notes.txt").json()["reference"]
    asked = bob_.post("/api/requests/share", json={"owner": f"alice@{ALPHA}", "reference": reference})
    assert 201 == asked.status_code
    (wish,) = alice_.get("/api/requests").json()["requests"]
    assert "done" == alice_.post(f"/api/requests/{wish['key']}/agree").json()["state"]

    assert ["notes.txt"] == [s["name"] for s in bob_.get("/api/shares/received").json()["shares"]]


def test_no_secret_is_in_an_answer(mesh, alice_, bob_):
    """Neither of shares given nor of shares received."""
    alice_.post("/api/shares/sent", json={"path": "notes.txt", "shareWith": f"bob@{BETA}"})
    secret = next(mesh.store(ALPHA).rows("sent")).secret
    text = alice_.get("/api/shares/sent").text + bob_.get("/api/shares/received").text

    assert "notes.txt" in text
    assert secret not in text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "named"),
    [
        ("POST", "/api/shares/sent", {}, 400, {"path", "shareWith"}),
        ("POST", "/api/shares/sent", {"path": 1, "shareWith": "x"}, 400, {"path", "shareWith"}),
        ("POST", "/api/invites", {"description": "a\x00"}, 400, {"description"}),
        ("POST", "/api/invites/accept", {}, 400, {"invite"}),
        ("POST", "/api/invites/accept", {"invite": "junk!"}, 400, set()),
        ("PATCH", "/api/shares/sent/none", {"permissions": ["read"]}, 404, set()),
        ("POST", "/api/shares/received/none/accept", {}, 404, set()),
        ("DELETE", "/api/contacts/a@b.example", None, 404, set()),
        ("GET", "/api/nothing", None, 404, set()),
        ("PUT", "/api/me", None, 405, set()),
        ("GET", "/dav/files/bob/notes.txt", None, 403, set()),
        ("GET", "/dav/files/alice/../bob/notes.txt", None, 403, set()),
    ],
)
def test_bad_requests_are_told_field_by_field(alice_, method, path, body, status, named):
    """A message always, and every bad field by name."""
    answer = alice_.request(method, path, json=body)

    assert status == answer.status_code, answer.text
    assert answer.json()["message"]
    assert named <= {problem["name"] for problem in answer.json().get("validationErrors", [])}


def test_nobody_gets_in_without_the_right_password(mesh):
    """401 with a challenge, for the API and for files."""
    for auth in (None, ("alice", "wrong"), ("nobody", "x"), ("alice", "")):
        with mesh.client() as client:
            for path in ("/api/me", "/dav/files/alice/notes.txt"):
                answer = client.get(f"https://{ALPHA}{path}", auth=auth)

                assert 401 == answer.status_code
                assert "Basic" in answer.headers["www-authenticate"]


def test_a_cookie_alone_changes_nothing(mesh):
    """Another page's form cannot act in somebody's name; reading works."""
    with mesh.client(base_url=f"https://{ALPHA}") as client:
        csrf = client.get("/signin").text.partition('name="csrf" value="')[2].partition('"')[0]
        password = mesh.people(ALPHA).password("alice")
        client.post("/signin", data={"user": "alice", "password": password, "csrf": csrf})

        assert 200 == client.get("/api/me").status_code
        assert 403 == client.post("/api/invites", json={}).status_code
