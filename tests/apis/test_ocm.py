"""The OCM API of a running site, asked in every wrong way. `docs/bad-input.md` is made of this table."""

import json
from typing import Any, NamedTuple

import pytest

from meshsim.mesh import Mesh, Plan, Topology
from meshsim.wire import Request

ALPHA, BETA = "alpha.example.org", "beta.example.org"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

SHARE = {
    "shareWith": f"bob@{BETA}",
    "name": "notes.txt",
    "providerId": "sh-1",
    "owner": f"alice@{ALPHA}",
    "sender": f"alice@{ALPHA}",
    "shareType": "user",
    "resourceType": "file",
    "protocol": {"name": "multi", "webdav": {"uri": "sh-1", "sharedSecret": "s", "permissions": ["read"]}},
}
ACCEPTANCE = {"recipientProvider": ALPHA, "token": "x", "userID": "alice", "email": "", "name": "Alice"}
NOTICE = {
    "notificationType": "SHARE_ACCEPTED",
    "senderDomain": ALPHA,
    "resourceType": "file",
    "notification": {"file": {"providerId": "unknown"}},
}
GRANT = f"grant_type=authorization_code&client_id={ALPHA}&code=guess"


class Case(NamedTuple):
    """A bad request and what it is answered."""

    path: str
    what: str
    status: int
    body: Any = None
    named: str = ""
    """A field that the answer names, or the error code of a token request."""
    method: str = "POST"
    kind: str = JSON
    signed: bool = True
    rules: dict[str, Any] = {}


def share(**changes):
    return {name: value for name, value in {**SHARE, **changes}.items() if value is not ...}


def webdav(**changes):
    return share(protocol={"name": "multi", "webdav": {**SHARE["protocol"]["webdav"], **changes}})


def anywhere(path, document):
    """What is wrong with a body whatever it should have been."""
    return [
        Case(path, "GET instead of POST", 405, method="GET"),
        Case(path, "not JSON by its Content-Type", 415, document, "Content-Type", kind="text/plain"),
        Case(path, "form instead of JSON", 415, b"a=b", "Content-Type", kind=FORM),
        Case(path, "empty body", 400, b""),
        Case(path, "not JSON", 400, b"{shareWith: 1}"),
        Case(path, "an array", 400, b"[]"),
        Case(path, "not UTF-8", 400, b'{"a": "\xff"}'),
        Case(path, "a member twice", 400, b'{"a": 1, "a": 2}', "a"),
        Case(path, "nested a thousand levels", 400, b'{"a":' * 1000 + b"1" + b"}" * 1000),
        Case(path, "two megabytes", 413, b'{"a": "' + b"x" * 2_000_000 + b'"}'),
        Case(path, "no members", 400, {}),
        Case(path, "sent unsigned by a server that signs", 401, document, signed=False),
        Case(path, "any request while OCM is off", 501, document, rules={"settings": {"enabled": False}}),
        Case(
            path,
            "a denylisted server",
            403,
            document,
            rules={"policies": (("denylist", {"hosts": [ALPHA]}),)},
        ),
    ]


CASES = [
    *anywhere("/ocm/shares", SHARE),
    *(Case("/ocm/shares", f"{name} missing", 400, share(**{name: ...}), name) for name in SHARE),
    Case("/ocm/shares", "shareWith is a number", 400, share(shareWith=1), "shareWith"),
    Case("/ocm/shares", "owner is no address", 400, share(owner="alice"), "owner"),
    Case("/ocm/shares", "sender with a scheme", 400, share(sender=f"alice@https://{ALPHA}"), "sender"),
    Case("/ocm/shares", "NUL in providerId", 400, share(providerId="a\x00"), "providerId"),
    Case("/ocm/shares", "expiration is text", 400, share(expiration="soon"), "expiration"),
    Case("/ocm/shares", "multi without a protocol", 400, share(protocol={"name": "multi"}), "protocol"),
    Case("/ocm/shares", "no sharedSecret", 400, webdav(sharedSecret=None), "protocol.webdav.sharedSecret"),
    Case(
        "/ocm/shares", "unknown permission", 400, webdav(permissions=["own"]), "protocol.webdav.permissions"
    ),
    Case(
        "/ocm/shares", "unknown requirement", 400, webdav(requirements=["x"]), "protocol.webdav.requirements"
    ),
    Case("/ocm/shares", "uri that climbs", 400, webdav(uri="../../x"), "protocol.webdav.uri"),
    Case("/ocm/shares", "unknown recipient", 400, share(shareWith=f"nobody@{BETA}")),
    Case("/ocm/shares", "recipient at another server", 400, share(shareWith="bob@gamma.example.org")),
    Case("/ocm/shares", "owner at another server", 403, share(owner="alice@gamma.example.org")),
    Case("/ocm/shares", "sender is not who signed", 401, share(sender=f"x@{BETA}", owner=f"x@{BETA}")),
    Case("/ocm/shares", "unknown shareType", 501, share(shareType="federation")),
    Case("/ocm/shares", "unknown resourceType", 501, share(resourceType="calendar")),
    Case("/ocm/shares", "must-use-mfa, which is not offered", 501, webdav(requirements=["must-use-mfa"])),
    Case("/ocm/shares", "uninvited, under must-invite", 403, SHARE, rules={"criteria": ("must-invite",)}),
    Case(
        "/ocm/shares",
        "no exchange, under must-exchange-token",
        403,
        SHARE,
        rules={"criteria": ("must-exchange-token",)},
    ),
    *anywhere("/ocm/invite-accepted", ACCEPTANCE),
    *(
        Case("/ocm/invite-accepted", f"{name} missing", 400, {**ACCEPTANCE, name: None}, name)
        for name in ACCEPTANCE
    ),
    Case("/ocm/invite-accepted", "unknown token", 400, ACCEPTANCE),
    Case(
        "/ocm/invite-accepted",
        "recipientProvider is a URL",
        400,
        {**ACCEPTANCE, "recipientProvider": f"https://{ALPHA}"},
        "recipientProvider",
    ),
    Case(
        "/ocm/invite-accepted",
        "recipientProvider did not sign",
        401,
        {**ACCEPTANCE, "recipientProvider": BETA},
    ),
    *anywhere("/ocm/notifications", NOTICE),
    Case("/ocm/notifications", "type missing", 400, {**NOTICE, "notificationType": None}, "notificationType"),
    Case("/ocm/notifications", "senderDomain missing", 400, {**NOTICE, "senderDomain": None}, "senderDomain"),
    Case("/ocm/notifications", "details missing", 400, {**NOTICE, "notification": None}, "notification.file"),
    Case("/ocm/notifications", "resourceType missing", 400, {**NOTICE, "resourceType": None}, "resourceType"),
    Case("/ocm/notifications", "unknown share", 404, NOTICE),
    Case("/ocm/notifications", "unknown type", 501, {**NOTICE, "notificationType": "X"}),
    Case("/ocm/token", "GET instead of POST", 405, method="GET"),
    Case("/ocm/token", "JSON instead of a form", 400, {"code": "x"}, "invalid_request"),
    Case("/ocm/token", "empty", 400, b"", "invalid_request", kind=FORM),
    Case("/ocm/token", "code missing", 400, GRANT.partition("&code")[0], "invalid_request", kind=FORM),
    Case(
        "/ocm/token", "client_id missing", 400, GRANT.replace("client_id", "x"), "invalid_request", kind=FORM
    ),
    Case("/ocm/token", "a parameter twice", 400, GRANT + "&code=y", "invalid_request", kind=FORM),
    Case(
        *("/ocm/token", "another grant_type", 400, GRANT.replace("authorization_code", "password")),
        *("unsupported_grant_type", "POST", FORM),
    ),
    Case("/ocm/token", "unknown code", 400, GRANT, "invalid_grant", kind=FORM),
    Case("/ocm/token", "unsigned", 401, GRANT, "invalid_client", kind=FORM, signed=False),
    Case(
        *("/ocm/token", "client_id did not sign", 401, GRANT.replace(ALPHA, BETA)),
        *("invalid_client", "POST", FORM),
    ),
    Case(
        *("/ocm/token", "exchange not offered", 501, GRANT, "invalid_request", "POST", FORM),
        rules={"settings": {"exchange": False}},
    ),
    Case("/.well-known/ocm", "POST instead of GET", 405, b"{}"),
    Case("/ocm/jwks", "DELETE instead of GET", 405, method="DELETE"),
    Case("/dav/ocm/sh-1", "no credential", 401, method="GET", signed=False),
    Case("/dav/ocm/sh-1/../../x", "a path that climbs", 401, method="GET", signed=False),
    Case("/nowhere", "unknown path", 404, method="GET"),
]


def answer(case: Case) -> tuple[int, dict[str, Any], Mesh]:
    """Ask a site afresh: its status, its JSON, and the mesh to look into."""
    mesh = Mesh(Topology((Plan(ALPHA), Plan(BETA, **case.rules))))
    site = mesh.site(ALPHA)
    body = case.body if isinstance(case.body, bytes) else b""
    if isinstance(case.body, str):
        body = case.body.encode()
    elif isinstance(case.body, dict):
        body = json.dumps({k: v for k, v in case.body.items() if v is not None}).encode()
    request = Request(case.method, f"https://{BETA}{case.path}", {"content-type": case.kind}, body)
    signing = site.profile.dialect.signing
    if case.signed and case.method == "POST" and signing is not None:
        request = signing.sign(request, site.key, site.now())
    found = mesh.run(site.ports.network.send(request))
    document = json.loads(found.body) if found.body else {}
    if found.status == 405:
        document["allow"] = found.headers["allow"]
    mesh.kernel.close()
    return found.status, document, mesh


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path} {case.what}")
def test_a_bad_request_is_answered_as_the_table_says(case):
    """The right status, a reason, the bad field by name; and nothing is kept."""
    status, body, mesh = answer(case)

    assert case.status == status, body
    if case.path == "/ocm/token" and status != 405:
        assert case.named == body["error"]
    elif not case.path.startswith("/dav"):
        assert isinstance(body["message"], str)
        named = [problem["name"] for problem in body.get("validationErrors", [])]
        assert not case.named or any(name.startswith(case.named) for name in named), body
    kept = mesh.store(BETA)
    assert [] == [*kept.rows("received"), *kept.rows("contacts"), *kept.rows("sent")]


def test_an_invite_is_accepted_once():
    """409 then, with the identity only for whoever took it (see tests/site/test_inviting.py)."""
    mesh = Mesh(2)
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    invite = alice.invite()
    mesh.run(bob.accept_invite(invite))
    accepted = next(e.request for e in mesh.transcript if e.request.url.endswith("/invite-accepted"))
    again = mesh.run(mesh.fabric.port(BETA).send(accepted))

    assert (409, "alice") == (again.status, json.loads(again.body)["userID"])


def test_documents_are_served_to_anybody():
    """Discovery and keys: JSON to GET, nothing to HEAD."""
    mesh = Mesh(1)
    with mesh.client() as client:
        for path in ("/.well-known/ocm", "/ocm-provider", "/ocm/jwks"):
            found = client.get(f"https://{ALPHA}{path}")

            assert (200, JSON) == (found.status_code, found.headers["content-type"])
            assert found.json()
            assert b"" == client.head(f"https://{ALPHA}{path}").content
