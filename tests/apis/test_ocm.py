"""The OCM API of a running site, asked in every wrong way. `docs/bad-input.md` is made of this table."""

import copy
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from meshsim import plugins
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.document import dump
from meshsim.ocm.signatures import content
from meshsim.wire import Request

ALPHA, BETA, GAMMA = "alpha.example.org", "beta.example.org", "gamma.example.org"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
SHARES, INVITES, NOTICES = "/ocm/shares", "/ocm/invite-accepted", "/ocm/notifications"
TOKEN, DAV = "/ocm/token", "/dav/ocm/"

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

Sign = Callable[..., Request]
"""Signs as alpha does: now or `ahead` seconds later, or with the key of another site (`by`)."""


def signed(request: Request, sign: Sign) -> Request:
    """As it should be."""
    return sign(request)


def unsigned(request: Request, sign: Sign) -> Request:
    """As it is."""
    return request


class Case(NamedTuple):
    """A bad request of alpha to beta and what it is answered."""

    path: str
    what: str
    status: int
    body: Any = None
    """Bytes, text or a JSON object; or what gives it once the mesh is where the request is bad."""
    named: str = ""
    """A field that the answer names, or the error code of a token request."""
    method: str = "POST"
    kind: str = JSON
    signed: Callable[[Request, Sign], Request] = signed
    rules: dict[str, Any] = {}
    headers: Callable[[Mesh], dict[str, str]] = lambda mesh: {}


def share(**changes):
    return {name: value for name, value in {**SHARE, **changes}.items() if value is not ...}


def webdav(**changes):
    return share(protocol={"name": "multi", "webdav": {**SHARE["protocol"]["webdav"], **changes}})


def notice(kind, detail, **changes):
    return {**NOTICE, "notificationType": kind, "notification": detail, **changes}


def taken(mesh):
    """Another share under the name of one that beta has."""
    mesh.run(mesh.site(ALPHA).ports.network.send(made(mesh, Case(SHARES, "", 201, SHARE))))
    return share(name="other.txt")


def given(mesh, to=f"alice@{ALPHA}", **options):
    """A share of bob."""
    return mesh.run(mesh.person(f"bob@{BETA}").share("/notes.txt", OcmAddress.parse(to), **options))


def ended(mesh, to=f"alice@{ALPHA}"):
    """A share of bob that he took back."""
    return mesh.run(mesh.person(f"bob@{BETA}").unshare(given(mesh, to)))


def about(share, kind="SHARE_ACCEPTED", **detail):
    return notice(kind, {"file": {"providerId": share.provider_id, **detail}})


def code(share):
    return GRANT.replace("guess", share.secret)


def invited(mesh, **options):
    """The acceptance of an invite of bob."""
    return {**ACCEPTANCE, "token": mesh.person(f"bob@{BETA}").invite(**options).token}


def used(mesh):
    """Of one that somebody else took."""
    mesh.run(mesh.person(f"carol@{GAMMA}").accept_invite(invite := mesh.person(f"bob@{BETA}").invite()))
    return {**ACCEPTANCE, "token": invite.token}


def expired(mesh):
    """Of one that nobody took in time."""
    acceptance = invited(mesh, lifetime=60.0)
    mesh.advance(61.0)
    return acceptance


def basic(secret):
    return {"authorization": "Basic " + b64encode(f"{secret}:".encode()).decode()}


def elsewhere(request, old, new):
    """The request as if it went to another place."""
    return replace(request, url=request.url.replace(old, new))


def altered(request):
    """The request with one byte changed, which makes another code but the same JSON."""
    body = content(request)
    return replace(request, body=body[:-1] + (b" " if body.endswith(b"\n") else body[-1:].swapcase()))


def without(request, field):
    return replace(request, headers={n: value for n, value in request.headers.items() if n != field})


def doubled(request):
    """The request with its signature once more, under another label."""
    two = {name: f"{value}, b{value}" for name, value in request.headers.items() if "signature" in name}
    return replace(request, headers={**request.headers, **two})


SIGNATURES = [
    ("not signed, by a server that signs", 401, unsigned),
    ("altered after it was signed", 400, lambda request, sign: altered(sign(request))),
    (
        *("signed for another path", 401),
        lambda request, sign: elsewhere(sign(elsewhere(request, "/ocm/", "/mco/")), "/mco/", "/ocm/"),
    ),
    (
        *("signed for another server", 401),
        lambda request, sign: elsewhere(sign(elsewhere(request, BETA, GAMMA)), GAMMA, BETA),
    ),
    (
        *("signed for another method", 401),
        lambda request, sign: replace(sign(replace(request, method="PUT")), method="POST"),
    ),
    ("signed an hour ago", 401, lambda request, sign: sign(request, ahead=-3600)),
    ("signed in an hour", 401, lambda request, sign: sign(request, ahead=3600)),
    ("signed by another server", 401, lambda request, sign: sign(request, by=GAMMA)),
    ("signed twice", 401, lambda request, sign: doubled(sign(request))),
    ("what was signed, without signature", 401, lambda request, sign: without(sign(request), "signature")),
    (
        *("a signature, without what was signed", 401),
        lambda request, sign: without(sign(request), "signature-input"),
    ),
    (
        "a digest that is signed and missing",
        401,
        lambda request, sign: without(sign(request), "content-digest"),
    ),
]
"""What can be wrong with a signature."""


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
        Case(path, "half a character", 400, b'{"a": "\\ud800"}'),
        Case(path, "a member twice", 400, b'{"a": 1, "a": 2}', "a"),
        Case(path, "nested a thousand levels", 400, b'{"a":' * 1000 + b"1" + b"}" * 1000),
        Case(path, "two megabytes", 413, b'{"a": "' + b"x" * 2_000_000 + b'"}'),
        Case(path, "no members", 400, {}),
        Case(path, "any request while OCM is off", 501, document, rules={"settings": {"enabled": False}}),
        Case(
            path,
            "a denylisted server",
            403,
            document,
            rules={"policies": (("denylist", {"hosts": [ALPHA]}),)},
        ),
        *(Case(path, what, status, document, signed=how) for what, status, how in SIGNATURES),
    ]


CASES = [
    *anywhere(SHARES, SHARE),
    *(Case(SHARES, f"{name} missing", 400, share(**{name: ...}), name) for name in SHARE),
    *(Case(SHARES, f"{name} is a number", 400, share(**{name: 1}), name) for name in SHARE),
    Case(SHARES, "owner is no address", 400, share(owner="alice"), "owner"),
    Case(SHARES, "sender with a scheme", 400, share(sender=f"alice@https://{ALPHA}"), "sender"),
    Case(SHARES, "NUL in providerId", 400, share(providerId="a\x00"), "providerId"),
    Case(SHARES, "expiration is text", 400, share(expiration="soon"), "expiration"),
    Case(SHARES, "expiration beyond 2^53", 400, share(expiration=2**53), "expiration"),
    Case(
        SHARES, "encryption without scheme", 400, share(encryption={"resourceId": "r"}), "encryption.scheme"
    ),
    Case(SHARES, "multi without a protocol", 400, share(protocol={"name": "multi"}), "protocol"),
    Case(SHARES, "no sharedSecret", 400, webdav(sharedSecret=None), "protocol.webdav.sharedSecret"),
    Case(SHARES, "unknown permission", 400, webdav(permissions=["own"]), "protocol.webdav.permissions"),
    Case(SHARES, "unknown requirement", 400, webdav(requirements=["x"]), "protocol.webdav.requirements"),
    Case(SHARES, "uri that climbs", 400, webdav(uri="../../x"), "protocol.webdav.uri"),
    Case(SHARES, "uri without TLS", 400, webdav(uri=f"http://{ALPHA}/x"), "protocol.webdav.uri"),
    Case(SHARES, "unknown recipient", 400, share(shareWith=f"nobody@{BETA}")),
    Case(SHARES, "recipient at another server", 400, share(shareWith=f"bob@{GAMMA}")),
    Case(SHARES, "owner at another server", 403, share(owner=f"alice@{GAMMA}")),
    Case(SHARES, "sender is not who signed", 401, share(sender=f"x@{BETA}", owner=f"x@{BETA}")),
    Case(SHARES, "sender's server cannot be found", 401, share(sender="x@no.example", owner="x@no.example")),
    Case(SHARES, "unknown shareType", 501, share(shareType="federation")),
    Case(SHARES, "unknown resourceType", 501, share(resourceType="calendar")),
    Case(SHARES, "no protocol that is known", 501, share(protocol={"name": "embedded", "embedded": {}})),
    Case(SHARES, "must-use-mfa, which is not offered", 501, webdav(requirements=["must-use-mfa"])),
    Case(SHARES, "providerId used before for something else", 409, taken),
    Case(SHARES, "uninvited, under must-invite", 403, SHARE, rules={"criteria": ("must-invite",)}),
    Case(
        *(SHARES, "no exchange, under must-exchange-token", 403, SHARE),
        rules={"criteria": ("must-exchange-token",)},
    ),
    *anywhere(INVITES, ACCEPTANCE),
    *(Case(INVITES, f"{name} missing", 400, {**ACCEPTANCE, name: None}, name) for name in ACCEPTANCE),
    *(Case(INVITES, f"{name} is a number", 400, {**ACCEPTANCE, name: 1}, name) for name in ACCEPTANCE),
    Case(INVITES, "unknown token", 400, ACCEPTANCE),
    Case(INVITES, "token of an invite that has expired", 400, expired),
    Case(INVITES, "token of an invite that somebody else accepted", 409, used),
    Case(
        *(INVITES, "recipientProvider is a URL", 400),
        *({**ACCEPTANCE, "recipientProvider": f"https://{ALPHA}"}, "recipientProvider"),
    ),
    Case(INVITES, "recipientProvider did not sign", 401, {**ACCEPTANCE, "recipientProvider": BETA}),
    *anywhere(NOTICES, NOTICE),
    Case(NOTICES, "type missing", 400, {**NOTICE, "notificationType": None}, "notificationType"),
    Case(NOTICES, "senderDomain missing", 400, {**NOTICE, "senderDomain": None}, "senderDomain"),
    Case(NOTICES, "senderDomain did not sign", 401, {**NOTICE, "senderDomain": BETA}),
    Case(NOTICES, "details missing", 400, {**NOTICE, "notification": None}, "notification.file"),
    Case(NOTICES, "details are text", 400, {**NOTICE, "notification": "x"}, "notification"),
    Case(NOTICES, "resourceType missing", 400, {**NOTICE, "resourceType": None}, "resourceType"),
    Case(NOTICES, "unknown share", 404, NOTICE),
    Case(NOTICES, "unknown share taken back", 404, notice("SHARE_UNSHARED", NOTICE["notification"])),
    Case(NOTICES, "share of another server", 404, lambda mesh: about(given(mesh, f"alice@{GAMMA}"))),
    Case(
        NOTICES, "share of another type", 400, lambda mesh: {**about(given(mesh)), "resourceType": "folder"}
    ),
    Case(NOTICES, "acceptance of what was taken back", 409, lambda mesh: about(ended(mesh))),
    Case(
        *(NOTICES, "passing on what may not be passed on", 403),
        lambda mesh: about(given(mesh), "REQUEST_RESHARE", shareWith=f"carol@{ALPHA}"),
    ),
    Case(
        *(NOTICES, "request for an unknown resource", 404),
        notice(
            "REQUEST_SHARE",
            {
                "file": {
                    **{"owner": f"bob@{BETA}", "shareWith": f"alice@{ALPHA}"},
                    **{"shareId": "unknown", "permissions": ["read"]},
                }
            },
        ),
    ),
    Case(
        *(NOTICES, "removal of a user of another server", 403),
        notice("USER_REMOVED", {"user": {"userId": f"a@{GAMMA}"}}, resourceType=None, shareType="user"),
    ),
    Case(
        *(NOTICES, "removal of a group of another server", 403),
        notice("GROUP_REMOVED", {"group": {"groupId": f"a@{GAMMA}"}}, resourceType=None, shareType="group"),
    ),
    Case(NOTICES, "unknown type", 501, {**NOTICE, "notificationType": "X"}),
    Case(TOKEN, "GET instead of POST", 405, method="GET"),
    Case(TOKEN, "JSON instead of a form", 400, {"code": "x"}, "invalid_request"),
    Case(TOKEN, "empty", 400, b"", "invalid_request", kind=FORM),
    Case(TOKEN, "not UTF-8", 400, GRANT + "&x=%ff", "invalid_request", kind=FORM),
    Case(TOKEN, "a hundred parameters", 400, GRANT + "&x=y" * 100, "invalid_request", kind=FORM),
    Case(TOKEN, "two megabytes", 413, b"x" * 2_000_000, "invalid_request", kind=FORM),
    Case(TOKEN, "code missing", 400, GRANT.partition("&code")[0], "invalid_request", kind=FORM),
    Case(TOKEN, "client_id missing", 400, GRANT.replace("client_id", "x"), "invalid_request", kind=FORM),
    Case(
        TOKEN,
        "client_id is a URL",
        400,
        GRANT.replace(ALPHA, f"https://{ALPHA}"),
        "invalid_request",
        kind=FORM,
    ),
    Case(TOKEN, "a parameter twice", 400, GRANT + "&code=y", "invalid_request", kind=FORM),
    Case(
        *(TOKEN, "another grant_type", 400, GRANT.replace("authorization_code", "password")),
        *("unsupported_grant_type", "POST", FORM),
    ),
    Case(TOKEN, "unknown code", 400, GRANT, "invalid_grant", kind=FORM),
    Case(
        *(TOKEN, "code of a share with another server", 400),
        *(lambda mesh: code(given(mesh, f"alice@{GAMMA}")), "invalid_grant", "POST", FORM),
    ),
    Case(
        *(TOKEN, "code of a share that was taken back", 400),
        *(lambda mesh: code(ended(mesh)), "invalid_grant", "POST", FORM),
    ),
    *(
        Case(TOKEN, what, status, GRANT, "invalid_client", kind=FORM, signed=how)
        for what, status, how in SIGNATURES
    ),
    Case(
        *(TOKEN, "client_id cannot be found", 401, GRANT.replace(ALPHA, "no.example"), "invalid_client"),
        kind=FORM,
    ),
    Case(TOKEN, "client_id did not sign", 401, GRANT.replace(ALPHA, BETA), "invalid_client", kind=FORM),
    Case(
        *(TOKEN, "a denylisted server", 403, GRANT, "invalid_client", "POST", FORM),
        rules={"policies": (("denylist", {"hosts": [ALPHA]}),)},
    ),
    Case(
        *(TOKEN, "any request while OCM is off", 501, GRANT, "invalid_client", "POST", FORM),
        rules={"settings": {"enabled": False}},
    ),
    Case(
        *(TOKEN, "exchange not offered", 501, GRANT, "invalid_request", "POST", FORM),
        rules={"settings": {"exchange": False}},
    ),
    Case("/.well-known/ocm", "POST instead of GET", 405, b"{}"),
    Case("/ocm/jwks", "DELETE instead of GET", 405, method="DELETE"),
    *(
        Case(DAV, what, 401, method="PROPFIND", headers=headers)
        for what, headers in (
            ("no credential", lambda mesh: {}),
            ("a credential that cannot be read", lambda mesh: {"authorization": "Basic !"}),
            ("a credential of an unknown kind", lambda mesh: {"authorization": "Digest x"}),
            ("a secret that was guessed", lambda mesh: basic("guess")),
            ("a token that was guessed", lambda mesh: {"authorization": "Bearer guess"}),
            ("the secret of a share that was taken back", lambda mesh: basic(ended(mesh).secret)),
            (
                "the secret where it must be exchanged",
                lambda mesh: basic(given(mesh, require_exchange=True).secret),
            ),
        )
    ),
    Case(DAV + "sh-1/../../x", "a path that climbs", 401, method="GET"),
    Case("/nowhere", "unknown path", 404, method="GET"),
]


def made(mesh: Mesh, case: Case) -> Request:
    """The request, with the mesh brought to where it is bad."""
    site = mesh.site(ALPHA)
    body = case.body(mesh) if callable(case.body) else case.body
    if isinstance(body, str):
        body = body.encode()
    elif isinstance(body, dict):
        body = dump({name: value for name, value in body.items() if value is not None}) + b"\n"
    headers = {"content-type": case.kind, **case.headers(mesh)}
    request = Request(case.method, f"https://{BETA}{case.path}", headers, body or b"")

    def sign(request: Request, *, ahead: int = 0, by: str = ALPHA) -> Request:
        signing = site.profile.dialect.signing
        return request if signing is None else signing.sign(request, mesh.site(by).key, site.now() + ahead)

    return case.signed(request, sign) if case.method == "POST" else request


def answer(case: Case, dialect: str = "standard") -> tuple[int, dict[str, Any], list[Any]]:
    """Ask a site afresh: its status, its JSON or text, and what it wrote into its records because of that."""
    plans = (Plan(ALPHA, dialect), Plan(BETA, dialect, **case.rules), Plan(GAMMA, dialect))
    mesh = Mesh(Topology(plans))
    request = made(mesh, case)
    before = len(mesh.journal.entries)
    found = mesh.run(mesh.site(ALPHA).ports.network.send(request))
    mesh.kernel.close()
    if found.headers.get("content-type", "").startswith("text/plain"):
        document = {"message": found.body.decode()}
    else:
        document = json.loads(found.body) if found.body else {}
    if found.status == 405:
        document["allow"] = found.headers["allow"]
    return found.status, document, mesh.journal.entries[before:]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path} {case.what}")
def test_a_bad_request_is_answered_as_the_table_says(case):
    """The right status, a reason, the bad field by name; and nothing is kept."""
    status, body, kept = answer(case)

    assert case.status == status, body
    assert [] == kept
    if case.path == TOKEN and status != 405:
        assert case.named == body["error"]
        assert isinstance(body["error_description"], str)
    elif not case.path.startswith(DAV):
        assert isinstance(body["message"], str)
        named = [problem["name"] for problem in body.get("validationErrors", [])]
        assert not case.named or any(name.startswith(case.named) for name in named), body


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (SHARES, lambda mesh: SHARE, JSON),
        (INVITES, invited, JSON),
        (NOTICES, lambda mesh: about(given(mesh)), JSON),
        (TOKEN, lambda mesh: code(given(mesh)), FORM),
    ],
)
def test_the_same_request_without_fault_is_taken(path, body, kind):
    """What the bad requests are made from is good."""
    status, _, _ = answer(Case(path, "", 0, body, kind=kind))

    assert status in (200, 201)


def places(value, path=()):
    """Where something stands in a JSON value."""
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, name)
        if isinstance(inner, (dict, list)):
            yield from places(inner, (*path, name))


ODD = st.sampled_from(
    [
        *(None, True, -1, 1.5, 2**80, "", "\x00", "x" * 3000, "..", "//", "https://x", "[::1]", "a@b@c"),
        *([], [None], [[]], {}, {"a": 1}, "s", "group", "multi", "webdav", ALPHA, BETA, f"bob@{BETA}"),
        *("USER_REMOVED", "REQUEST_SHARE", "SHARE_UNSHARED", ["read"], {"sharedSecret": "s"}),
    ]
)


@pytest.mark.parametrize("dialect", plugins.names("dialects"))
@settings(max_examples=60)
@drawn(data=st.data())
def test_whatever_stands_wherever_in_a_document_it_is_answered(dialect, data):
    """In every accent: taken, or refused with a reason and nothing kept; no answer is a failure of ours."""
    path, document = data.draw(st.sampled_from([(SHARES, SHARE), (INVITES, ACCEPTANCE), (NOTICES, NOTICE)]))
    document = copy.deepcopy({**document, "providerId": "sh-1"})
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, name = data.draw(st.sampled_from(list(places(document)) or [("x",)]))
        inner = document
        for parent in parents:
            inner = inner[parent]
        inner[name] = copy.deepcopy(data.draw(ODD))
    status, body, kept = answer(Case(path, "", 0, json.dumps(document)), dialect)

    assert status in (200, 201, 400, 401, 403, 404, 409, 501, 502, 503)
    if status >= 400:
        assert [] == kept
        assert 0 < len(body["message"]) < 1000


def test_every_case_has_a_name_of_its_own():
    """Each line of the page says something else."""
    assert len(CASES) == len({(case.path, case.what) for case in CASES})


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
        for path in ("/.well-known/ocm", "/ocm-provider", "/ocm/jwks", "/.well-known/jwks.json"):
            found = client.get(f"https://{ALPHA}{path}")

            assert (200, JSON) == (found.status_code, found.headers["content-type"])
            assert found.json()
            assert b"" == client.head(f"https://{ALPHA}{path}").content
