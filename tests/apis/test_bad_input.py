"""Every endpoint beside those of OCM, asked in every wrong way: the rest of `docs/bad-input.md`."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from meshsim.apis import directory, pages, user
from meshsim.mesh import Mesh, default_topology
from meshsim.wire import Request

ALPHA, BETA, KEEPER = "alpha.example.org", "beta.example.org", "directory.example.org"
JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "application/xml"
ACTS = [
    pattern.pattern.replace("(?:/(?P<path>.*))?", "/notes.txt")
    .replace("(?P<path>.+)", "notes.txt")
    .replace("(?P<key>[^/]+)", "key")
    for methods, open_to_all, pattern, _ in pages.ROUTES
    if "POST" in methods and not open_to_all
]
"""What only somebody who signed in may send."""
FILES, SHARED = "/dav/files/{user}/{path}", "/dav/ocm/{providerId}/{path}"
BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><propfind xmlns="DAV:"><prop>&b;</prop></propfind>'
)
LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'


class Case(NamedTuple):
    """A request to alpha by alice. `at` is its path where the endpoint is a pattern."""

    path: str
    what: str
    status: int
    method: str = "POST"
    at: str = ""
    body: bytes | dict[str, Any] | list[Any] = b""
    headers: Mapping[str, str] = {}
    who: str = "alice"
    host: str = ALPHA


VISITOR = "__Host-meshsim-form=visitor"
"""The cookie that goes with the forms of somebody who is not signed in."""


def form(path: str, what: str, status: int, body: bytes, **more: Any) -> Case:
    return Case(
        path, what, status, body=body, headers={"content-type": FORM, "cookie": VISITOR}, who="", **more
    )


def outsiders(path: str, method: str, at: str = "") -> list[Case]:
    """Who is not signed in."""
    return [
        Case(path, "no name and password", 401, method, at, who=""),
        Case(path, "a wrong password", 401, method, at, headers=basic("alice", "guess"), who=""),
        Case(path, "nobody's name", 401, method, at, headers=basic("nobody", "guess"), who=""),
    ]


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


def documents(path: str, *needed: str, at: str = "", method: str = "POST") -> list[Case]:
    """What can be wrong with a JSON body."""
    return [
        *outsiders(path, method, at),
        Case(path, "not JSON by its Content-Type", 415, method, at, b"{}", {"content-type": "text/plain"}),
        Case(path, "not JSON", 400, method, at, b"{", {"content-type": JSON}),
        Case(path, "an array", 400, method, at, []),
        Case(path, "two megabytes", 413, method, at, {"x": "x" * 2_000_000}),
        *([Case(path, "no members", 400, method, at, {})] if needed else []),
        *(Case(path, f"{name} is a number", 400, method, at, {name: 7}) for name in needed),
    ]


SENT, TAKEN, ASKED = "/api/shares/sent", "/api/shares/received", "/api/requests"
CASES = [
    *outsiders("/api/me", "GET"),
    Case("/api/me", "PUT instead of GET", 405, "PUT"),
    *documents("/api/invites"),
    Case("/api/invites", "description is a number", 400, body={"description": 7}),
    Case("/api/invites", "NUL in description", 400, body={"description": "\x00"}),
    *documents("/api/invites/accept", "invite"),
    Case("/api/invites/accept", "an invite that is none", 400, body={"invite": "junk!"}),
    Case("/api/invites/accept", "a link without token", 400, body={"invite": "https://x.example/?a=b"}),
    *outsiders("/api/contacts/{address}", "DELETE", f"/api/contacts/bob@{BETA}"),
    Case("/api/contacts/{address}", "no contact", 404, "DELETE", f"/api/contacts/bob@{BETA}"),
    Case("/api/contacts/{address}", "no address", 400, "DELETE", "/api/contacts/bob"),
    *documents(SENT, "path", "shareWith"),
    Case(SENT, "shareWith is no address", 400, body={"path": "notes.txt", "shareWith": "bob"}),
    Case(SENT, "no such file", 404, body={"path": "none.txt", "shareWith": f"bob@{BETA}"}),
    Case(SENT, "somebody at the same site", 400, body={"path": "notes.txt", "shareWith": f"bob@{ALPHA}"}),
    Case(SENT, "a path that climbs", 404, body={"path": "../bob/notes.txt", "shareWith": f"bob@{BETA}"}),
    Case(
        *(SENT, "unknown permission", 400, "POST", ""),
        {"path": "notes.txt", "shareWith": f"bob@{BETA}", "permissions": ["own"]},
    ),
    Case(
        *(SENT, "expiration in the past", 400, "POST", ""),
        {"path": "notes.txt", "shareWith": f"bob@{BETA}", "expiration": 1},
    ),
    *documents(f"{SENT}/{{providerId}}", "permissions", at=f"{SENT}/none", method="PATCH"),
    Case(f"{SENT}/{{providerId}}", "no such share", 404, "PATCH", f"{SENT}/none", {"permissions": ["read"]}),
    Case(f"{SENT}/{{providerId}}", "no such share to take back", 404, "DELETE", f"{SENT}/none"),
    *(
        case
        for act in ("accept", "decline")
        for case in (
            *outsiders(f"{TAKEN}/{{key}}/{act}", "POST", f"{TAKEN}/none/{act}"),
            Case(f"{TAKEN}/{{key}}/{act}", "no such share", 404, at=f"{TAKEN}/none/{act}"),
            Case(f"{TAKEN}/{{key}}/{act}", "GET instead of POST", 405, "GET", f"{TAKEN}/none/{act}"),
        )
    ),
    *outsiders(f"{TAKEN}/{{key}}/files/{{path}}", "GET", f"{TAKEN}/none/files/x"),
    Case(f"{TAKEN}/{{key}}/files/{{path}}", "no such share", 404, "GET", f"{TAKEN}/none/files/x"),
    Case(
        *(f"{TAKEN}/{{key}}/files/{{path}}", "a destination, in no share of theirs", 404),
        *("COPY", f"{TAKEN}/none/files/x", b"", {"destination": "https://x.example/y"}),
    ),
    *documents(f"{ASKED}/share", "owner", "reference"),
    *documents(f"{ASKED}/reshare", "share", "shareWith"),
    Case(f"{ASKED}/reshare", "no such share", 404, body={"share": "x", "shareWith": f"bob@{BETA}"}),
    *(
        Case(f"{ASKED}/{{key}}/{act}", "no such request", 404, at=f"{ASKED}/none/{act}")
        for act in ("agree", "refuse")
    ),
    Case("/api/references/{path}", "no such file", 404, "GET", "/api/references/none.txt"),
    Case("/api/{anything else}", "unknown path", 404, "GET", "/api/none"),
    *outsiders(FILES, "GET", "/dav/files/alice/notes.txt"),
    Case(FILES, "somebody else's", 403, "GET", "/dav/files/bob/notes.txt"),
    Case(FILES, "a path that climbs", 400, "GET", "/dav/files/alice/../bob/notes.txt"),
    *(
        case
        for path, base in ((FILES, "/dav/files/alice"), (SHARED, "/dav/ocm/{id}"))
        for case in (
            Case(path, "nothing there", 404, "GET", f"{base}/none.txt"),
            Case(path, "an escaped path that climbs", 400, "GET", f"{base}/%2e%2e/bob/notes.txt"),
            Case(path, "PUT below nothing", 409, "PUT", f"{base}/none/x.txt", b"x"),
            Case(path, "a folder that is there", 405, "MKCOL", f"{base}/deep"),
            Case(path, "a folder with a body", 415, "MKCOL", f"{base}/new", b"<x/>"),
            Case(path, "a range beyond the end", 416, "GET", f"{base}/a.txt", b"", {"range": "bytes=9-"}),
            Case(
                path, "another file than If-Match says", 412, "PUT", f"{base}/a.txt", b"", {"if-match": '"x"'}
            ),
            Case(path, "an If header that is none", 400, "PUT", f"{base}/a.txt", b"", {"if": "(("}),
            Case(path, "an odd Depth", 400, "PROPFIND", base, b"", {"depth": "7"}),
            Case(path, "XML that is broken", 400, "PROPFIND", base, b"<propfind", {"content-type": XML}),
            Case(path, "XML with entities", 400, "PROPFIND", base, BOMB, {"content-type": XML}),
            Case(path, "no Destination", 400, "COPY", f"{base}/a.txt"),
            Case(
                *(path, "a Destination elsewhere", 403, "MOVE", f"{base}/a.txt", b""),
                {"destination": "https://x.example/y"},
            ),
            Case(path, "onto itself", 403, "COPY", f"{base}/a.txt", b"", {"destination": f"{base}/a.txt"}),
            Case(path, "a lock without body", 400, "LOCK", f"{base}/a.txt"),
            Case(path, "an unknown lock", 409, "UNLOCK", f"{base}/a.txt", b"", {"lock-token": "<x:y>"}),
            Case(path, "an unknown method", 405, "BREW", f"{base}/a.txt"),
        )
    ),
    Case(SHARED, "what may only be read", 403, "PUT", "/dav/ocm/{readable}/a.txt", b"x"),
    Case(SHARED, "a lock on what may only be read", 403, "LOCK", "/dav/ocm/{readable}/a.txt", LOCK),
    Case(directory.DIRECTORY_PATH, "POST instead of GET", 405, host=KEEPER),
    Case(directory.DIRECTORY_PATH, "at a site that keeps none", 404, "GET"),
    Case(directory.KEYS_PATH, "POST instead of GET", 405, host=KEEPER),
    Case(directory.KEYS_PATH, "at a site that hands out none", 404, "GET"),
    Case(directory.KEYS_PATH, "by whom it does not know", 401, "GET", host=KEEPER),
    *(
        case
        for path in (directory.REGISTER_PATH, directory.UNREGISTER_PATH)
        for case in (
            Case(path, "GET instead of POST", 405, "GET", host=KEEPER),
            Case(
                path, "not JSON by its Content-Type", 415, body=b"{}", headers={"content-type": "text/plain"}
            ),
            Case(path, "no members", 400, body={}, host=KEEPER),
            Case(path, "url is no URL", 400, body={"url": "x", "displayName": "X"}, host=KEEPER),
            Case(
                *(path, "a URL with a path", 400, "POST", ""),
                {"url": f"https://{ALPHA}/x", "displayName": "X"},
                host=KEEPER,
            ),
            Case(path, "not signed", 401, body={"url": f"https://{ALPHA}", "displayName": "X"}, host=KEEPER),
            Case(path, "without TLS", 403, body={"url": f"http://{ALPHA}", "displayName": "X"}, host=KEEPER),
        )
    ),
    Case("/wayf", "an unknown invite", 404, "GET", "/wayf?token=x", who=""),
    Case("/wayf", "PUT instead of GET or POST", 405, "PUT", who=""),
    form("/wayf", "an unknown invite, sent on", 404, b"csrf=visitor&token=x&server=no.example"),
    form("/wayf", "not UTF-8", 400, b"token=%ff"),
    form("/wayf", "a form of a megabyte", 413, b"x" * 1_000_000),
    form("/wayf", "a form of another site", 403, b"csrf=guess&token=x&server=no.example"),
    form("/signin", "a wrong password", 401, b"csrf=visitor&user=alice&password=x"),
    form("/signin", "a form of another site", 403, b"csrf=guess&user=alice&password=x"),
    *(form(path, "nobody is signed in", 303, b"") for path in ACTS),
]


def prepared() -> tuple[Mesh, dict[str, tuple[str, str]]]:
    """Alpha and beta, a directory, and a folder that alice shares with bob: to write in, and to read only."""
    mesh = Mesh(replace(default_topology(2), directory=KEEPER))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    alice.put("a.txt", b"a")
    alice.make_folder("deep")
    shares = {}
    for name, rights in (("id", ("read", "write")), ("readable", ("read",))):
        alice.make_folder(name)
        alice.put(f"{name}/a.txt", b"a")
        alice.make_folder(f"{name}/deep")
        shares[name] = mesh.run(alice.share(name, bob.address, rights))
    mesh.site(KEEPER)
    return mesh, {name: (share.provider_id, share.secret) for name, share in shares.items()}


def answer(case: Case) -> tuple[int, dict[str, Any], list[Any]]:
    """Status, JSON if there is any, and what any site wrote down because of the request."""
    mesh, shares = prepared()
    place = (case.at or case.path).format_map({name: share for name, (share, _) in shares.items()})
    headers = {
        name: value.format_map({n: s for n, (s, _) in shares.items()}) for name, value in case.headers.items()
    }
    body = case.body
    if not isinstance(body, bytes):
        body, headers = json.dumps(body).encode(), {"content-type": JSON, **headers}
    for share, secret in shares.values():
        if place.startswith(f"/dav/ocm/{share}"):
            headers["authorization"] = f"Bearer {secret}"
    if case.who and "authorization" not in headers:
        headers |= basic(case.who, mesh.people(ALPHA).password(case.who))
    before = len(mesh.journal.entries)
    request = Request(case.method, f"https://{case.host}{place}", headers, body)
    found = mesh.run(mesh.fabric.port(BETA).send(request))
    is_json = found.headers.get("content-type", "") == JSON
    told = json.loads(found.body) if is_json and found.body else {}
    if found.status == 405 and "allow" in found.headers:
        told["allow"] = found.headers["allow"]
    kept = mesh.journal.entries[before:]
    mesh.kernel.close()
    return found.status, told, kept


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path} {case.what}")
def test_a_bad_request_is_answered_as_the_table_says(case):
    """The right status, in the API a reason; and nothing is kept."""
    status, told, kept = answer(case)

    assert case.status == status, told
    assert [] == kept
    assert isinstance(told.get("message"), str) or not case.path.startswith(("/api", "/directory"))
    assert "allow" in told or status != 405


def test_every_route_is_asked_wrongly():
    """A new one needs a line above."""
    known = {case.path for case in CASES}
    fixed = {f"/api{pattern.pattern}" for _, pattern, _ in user.ROUTES if "(" not in pattern.pattern}
    reading = {f"/api{p.pattern}" for method, p, _ in user.ROUTES if method == "GET"}

    assert set() == fixed - known - reading
    assert set(ACTS) <= known
    assert set(directory.METHODS) <= known


def test_every_case_has_a_name_of_its_own():
    """Each row of the table is one request."""
    names = [(case.path, case.what) for case in CASES]

    assert len(set(names)) == len(names)
