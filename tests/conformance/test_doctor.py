"""The doctor against a small real server that is well but for one thing."""

import datetime
import json
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jsonschema
import pytest
import trustme

from conformance import doctor
from conformance.doctor import Patient
from conformance.targets import Misuse
from meshsim import bundle
from meshsim.served import Doors, ServedMesh

ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "kid": "k1", "alg": "Ed25519"}
CHECKS = {doctor.name_of(check): check for check in doctor.checks()}


class Server:
    """A site on a real socket; its document and answers may be changed."""

    def __init__(self, context=None):
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                site.asked.append((self.command, self.path, content))
                status, headers, body = site.told(self.command, self.path)
                self.send_response_only(status)
                fields = {"date": self.date_time_string(), "content-length": str(len(body))}
                fields |= {name.lower(): value for name, value in headers.items()}
                for name, value in fields.items():
                    if value is not None:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PROPFIND = answer

            def log_message(self, *words):
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, request, address):
                pass  # who breaks off a handshake wanted to

        self.asked = []
        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"{'https' if context else 'http'}://localhost:{self.port}"
        self.keys = {"keys": [dict(ED25519)]}
        self.document = {
            "enabled": True,
            "apiVersion": "1.5.0",
            "endPoint": f"{self.url}/ocm",
            "resourceTypes": [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/dav/"}}],
            "capabilities": ["http-sig", "exchange-token", "invites", "invite-wayf", "notifications"],
            "criteria": [],
            "jwksUri": f"{self.url}/keys",
            "tokenEndPoint": f"{self.url}/token",
            "inviteAcceptDialog": f"{self.url}/dialog",
        }
        self.changed = {}
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def told(self, method, path):
        """Status, headers and body."""
        if path in self.changed:
            found = self.changed[path]
            return found() if callable(found) else found
        as_json = {"Content-Type": "application/json"}
        if path in ("/.well-known/ocm", "/ocm-provider/"):
            return 200, as_json, json.dumps(self.document).encode()
        if path == "/keys":
            return 200, as_json, json.dumps(self.keys).encode()
        if path == "/dav/":
            return 401, {"WWW-Authenticate": 'Bearer realm="x", Basic realm="x"'}, b""
        if path == "/dialog":
            return 200, {"Content-Type": "text/html"}, b"<p>"
        if method == "POST" and path in (
            "/ocm/shares",
            "/ocm/notifications",
            "/ocm/invite-accepted",
            "/token",
        ):
            return 400, as_json, b"{}"
        return 404, {}, b""

    def close(self):
        """Nobody listens any more."""
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def served():
    """Makes servers."""
    made = []

    def make(context=None):
        made.append(Server(context))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate authority, and the file that shows it."""
    made = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(str(path))
    return made, str(path)


def secured(authority, *names, **more):
    """A server's side of TLS, by a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert(*(names or ("localhost",)), **more).configure_cert(context)
    return context


def four(host, port):
    """A name server that knows one address."""
    return ["127.0.0.1"]


def look(check, url, **more):
    """What one check finds."""
    patient = Patient(url, **{"lookup": four, **more})
    try:
        (found,) = doctor.examine(patient, [CHECKS[check]])
    finally:
        patient.close()
    return found


def path(where, status, body=b"{}", **headers):
    """Another answer at a path."""
    fields = {"Content-Type": "application/json", **{n.replace("_", "-"): v for n, v in headers.items()}}
    return lambda site: site.changed.update({where: (status, fields, body)})


def says(**members):
    """Another document; None leaves a member out."""

    def change(site):
        for name, value in members.items():
            site.document[name] = value.replace("{url}", site.url) if isinstance(value, str) else value
            if value is None:
                del site.document[name]

    return change


def both(*changes):
    """One after the other."""
    return lambda site: [change(site) for change in changes]


def keys(*found):
    """Other keys."""
    return lambda site: site.keys.update(keys=list(found))


def lacks(name):
    """A key without a member."""
    return {member: value for member, value in ED25519.items() if member != name}


def in_turn(where, *answers):
    """One answer after the other, and the last for ever."""
    left = list(answers)

    def next_answer():
        status, headers = left.pop(0) if len(left) > 1 else left[0]
        return status, headers, b"{}"

    return lambda site: site.changed.update({where: next_answer})


WEBDAV = {"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "dav"}}
FAULTS = [
    ("scheme", says(), "doubtful", "http: shares"),
    ("addresses", says(), "doubtful", "this network only"),
    ("ipv6", says(), "doubtful", "no IPv6"),
    ("discovery", path("/.well-known/ocm", 404), "broken", "answers 404"),
    (
        "discovery",
        path("/.well-known/ocm", 301, location="https://elsewhere.example/"),
        "broken",
        "elsewhere",
    ),
    ("discovery-legacy", path("/ocm-provider/", 404), "doubtful", "404"),
    ("discovery-legacy", path("/ocm-provider/", 302), "doubtful", "302"),
    ("discovery-legacy", path("/ocm-provider/", 200, b'{"enabled": false}'), "broken", "something else"),
    ("content-type", path("/.well-known/ocm", 200, content_type="text/html"), "broken", "text/html"),
    ("content-type", path("/.well-known/ocm", 200, content_type="text/plain"), "doubtful", "text/plain"),
    ("json-object", path("/.well-known/ocm", 200, b"<html>"), "broken", "<html>"),
    ("json-object", path("/.well-known/ocm", 200, b"[" * 100_000), "broken", "[["),
    ("members", says(endPoint=None), "broken", "endPoint is missing"),
    ("members", says(enabled="yes"), "broken", "enabled is 'yes'"),
    ("members", says(enabled=False), "broken", "switch"),
    ("api-version", says(apiVersion=1.5), "broken", "apiVersion is 1.5"),
    ("api-version", says(apiVersion="9.1"), "doubtful", "9.1"),
    ("api-version", says(apiVersion="1.0.0"), "doubtful", "old"),
    ("end-point", says(endPoint="https://localhost/ocm"), "broken", "but the site is http://"),
    ("end-point", says(endPoint="http://inside.example/ocm"), "doubtful", "inside.example"),
    ("end-point", says(endPoint="{url}/ocm/"), "doubtful", "slash"),
    ("resource-types", says(resourceTypes=[]), "broken", "none"),
    ("resource-types", says(resourceTypes=[7]), "broken", "resourceTypes[0] is 7"),
    ("resource-types", says(resourceTypes=[{"name": "file"}]), "broken", "shareTypes"),
    ("resource-types", says(resourceTypes=[WEBDAV]), "broken", "begins with /"),
    ("capabilities", says(jwksUri=None), "broken", "no jwksUri"),
    ("capabilities", says(tokenEndPoint=None), "broken", "no tokenEndPoint"),
    ("capabilities", says(inviteAcceptDialog=None), "doubtful", "no inviteAcceptDialog"),
    (
        "capabilities",
        says(capabilities=[], criteria=["must-exchange-token"]),
        "broken",
        "must-exchange-token",
    ),
    ("capabilities", says(capabilities=[], criteria=["must-use-http-sig"]), "broken", "must-use-http-sig"),
    ("key-set", says(jwksUri=None), "broken", "no jwksUri"),
    ("key-set", says(jwksUri=None, apiVersion="1.4.0"), "broken", "jwks.json answers 404"),
    ("key-set", says(jwksUri="ftp://localhost/keys"), "broken", "ftp"),
    ("key-set", path("/keys", 200, b"<html>"), "broken", "no JSON"),
    ("key-set", keys(), "broken", "empty"),
    ("key-members", keys({"kty": "odd"}), "broken", "no kty"),
    ("key-members", keys(lacks("kid")), "broken", "no kid"),
    ("key-members", keys(lacks("alg")), "broken", "no alg"),
    (
        "key-members",
        keys({"kty": "RSA", "n": "A" * 170, "e": "AQAB", "kid": "r", "alg": "RS256"}),
        "broken",
        "bits",
    ),
    ("key-ids", keys(ED25519, ED25519), "broken", "k1 names several"),
    ("key-secrets", keys({**ED25519, "d": "A" * 43}), "broken", "private half of k1"),
    ("shares", path("/ocm/shares", 404), "broken", "404"),
    ("shares", path("/ocm/shares", 201), "broken", "takes {}"),
    ("shares", path("/ocm/shares", 500), "broken", "500"),
    ("shares", path("/ocm/shares", 308), "broken", "redirects"),
    ("shares", path("/ocm/shares", 429), "doubtful", "429"),
    ("notifications", path("/ocm/notifications", 405), "broken", "405"),
    (
        "notifications",
        both(says(capabilities=[]), path("/ocm/notifications", 404)),
        "doubtful",
        "not advertised",
    ),
    ("invites", path("/ocm/invite-accepted", 404), "broken", "404"),
    ("token", path("/token", 404), "broken", "404"),
    ("webdav", path("/dav/", 207), "broken", "anybody"),
    ("webdav", path("/dav/", 405), "broken", "405"),
    ("webdav", path("/dav/", 404), "doubtful", "404"),
    ("webdav", path("/dav/", 401), "doubtful", "WWW-Authenticate"),
    ("invite-dialog", path("/dialog", 404), "broken", "404"),
    ("invite-dialog", says(inviteAcceptDialog="javascript:alert(1)"), "broken", "javascript"),
    ("clock", path("/.well-known/ocm", 200, date="Sun, 06 Nov 1994 08:49:37 GMT"), "broken", "behind"),
    ("clock", path("/.well-known/ocm", 200, date="yesterday"), "broken", "yesterday"),
    ("clock", path("/.well-known/ocm", 200, date=None), "doubtful", "no Date"),
    ("rate", in_turn("/.well-known/ocm", *[(200, {})] * 4, (429, {})), "broken", "Retry-After"),
    (
        "rate",
        in_turn("/.well-known/ocm", *[(200, {})] * 4, (429, {"Retry-After": "9"})),
        "doubtful",
        "for 9 s",
    ),
    ("rate", in_turn("/.well-known/ocm", *[(200, {})] * 4, (502, {})), "broken", "502"),
]
ELSEWHERE = {
    *("name", "port", "tls", "certificate-chain", "certificate-name", "certificate-expiry", "plain-http"),
    *("speed", "peer"),
}
"""Whose faults are in tests of their own."""


@pytest.mark.parametrize(("check", "change", "state", "word"), FAULTS)
def test_a_fault_is_found_and_something_can_be_done(check, change, state, word, served):
    """What was seen, and what to do next."""
    site = served()
    change(site)
    found = look(check, site.url)

    assert (state, True) == (found["state"], word in found["told"] + found["advice"]), found
    assert found["advice"]
    assert found["asks"].endswith(("?", ")"))


def test_every_check_has_a_fault_that_it_finds():
    """One that cannot fail would be worth nothing; and there are enough."""
    assert CHECKS.keys() == {fault[0] for fault in FAULTS} | ELSEWHERE
    assert 15 <= len(CHECKS)


def test_a_site_that_is_well_is_told_so(served, authority):
    """No check finds anything, but for what a server on this machine cannot have."""
    site = served(secured(authority))
    patient = Patient(site.url, ca=authority[1], lookup=four)
    found = list(doctor.examine(patient))
    patient.close()

    assert {"addresses", "ipv6"} == {f["check"] for f in found if f["state"] in ("broken", "doubtful")}, found
    assert {"plain-http", "peer"} == {f["check"] for f in found if f["state"] == "skipped"}
    assert doctor.report(site.url, "1", found)["ok"]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_our_own_sites_are_well(tls, tmp_path):
    """As `meshsim serve` serves them; the command says so, and its JSON is as published."""
    with ServedMesh(1, doors=Doors(tls=tls)) as mesh:
        (site,) = mesh.described()["sites"]
        words = ["doctor", site["url"], "--json", str(tmp_path / "d.json")]
        words += ["--ca", str(mesh.ca)] if mesh.ca else []
        found = []
        work = threading.Thread(target=lambda: found.append(meshsim(*words)))

        async def until_it_is_done():
            work.start()
            while work.is_alive():
                await mesh.sockets.time.sleep(0.02)

        mesh.run(until_it_is_done())
    report = json.loads((tmp_path / "d.json").read_text())
    jsonschema.validate(report, json.loads((bundle.root() / "reports/schemas/doctor.json").read_text()))

    assert 0 == found[0].returncode, found[0].stdout + found[0].stderr
    assert [] == [c for c in report["checks"] if c["state"] == "broken"]
    assert "ready to be examined" in found[0].stdout


def meshsim(*words):
    return subprocess.run(
        [sys.executable, "-m", "meshsim", *words], capture_output=True, text=True, timeout=300
    )


def test_a_name_without_an_address_is_the_root_of_all(served):
    """It is told once, and what depends on it is skipped."""

    def nothing(host, port):
        raise OSError(None, "Name or service not known")

    patient = Patient("https://nobody.invalid", lookup=nothing)
    found = {entry["check"]: entry for entry in doctor.examine(patient)}
    patient.close()

    assert "Name or service not known" in found["name"]["told"]
    assert ["name", "discovery"] == [n for n, entry in found.items() if entry["state"] == "broken"]
    assert {"port", "tls", "certificate-name", "shares", "clock"} <= {
        n for n, entry in found.items() if entry["state"] == "skipped"
    }


def test_a_private_address_in_public_dns_is_broken():
    """Some peers would be given it."""
    found = look("addresses", "https://x.example", lookup=lambda host, port: ["9.9.9.9", "10.0.0.1"])

    assert "broken" == found["state"]
    assert "ok" == look("addresses", "https://x.example", lookup=lambda host, port: ["9.9.9.9"])["state"]


def test_an_address_that_nobody_listens_at_is_found(served):
    """All of them, or one."""
    site = served()
    dead = look("port", site.url, lookup=lambda host, port: ["127.0.0.2"])
    half = look("port", site.url, lookup=lambda host, port: ["127.0.0.1", "127.0.0.2"])
    six = look("ipv6", site.url, lookup=lambda host, port: ["127.0.0.1", "::1"])
    only = look("ipv6", site.url, lookup=lambda host, port: ["::1"])

    assert ["broken", "doubtful", "broken", "broken"] == [f["state"] for f in (dead, half, six, only)]


def test_what_is_wrong_with_tls_is_told_apart(served, authority):
    """Plain http at the port, a stranger's signature, another name, too old, too new, soon over."""
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    plain = served().url.replace("http://", "https://")
    fine = served(secured(authority)).url
    other = served(secured(authority, "other.example")).url
    wild = served(secured(authority, "*.example")).url
    old = served(secured(authority, not_after=now - day)).url
    soon = served(secured(authority, not_after=now + 5 * day)).url
    new = served(secured(authority, not_before=now + day)).url

    def states(check, url, ca=authority[1]):
        return look(check, url, ca=ca)["state"]

    assert ("broken", "ok") == (states("tls", plain), states("tls", fine))
    assert ("broken", "ok", "ok") == (
        states("certificate-chain", fine, None),
        states("certificate-chain", fine),
        states("certificate-chain", old),
    )
    assert ("broken", "broken", "ok") == tuple(states("certificate-name", url) for url in (other, wild, fine))
    assert ("broken", "doubtful", "broken", "ok") == tuple(
        states("certificate-expiry", url) for url in (old, soon, new, fine)
    )
    assert "--ca" in look("discovery", fine)["advice"]
    assert {"skipped"} == {
        states(check, plain) for check in ("certificate-name", "certificate-expiry", "clock")
    }


def test_a_document_that_is_served_by_http_as_well_is_found(served, authority):
    """A redirect to https is what should be there, or nothing."""
    secure, open_one = served(secured(authority)), served()
    ports = {"http": open_one.port, "https": secure.port}

    def state():
        return look("plain-http", secure.url, ca=authority[1], ports=ports)["state"]

    found = [state()]
    open_one.changed["/.well-known/ocm"] = (301, {"Location": "https://localhost/"}, b"")
    found.append(state())
    open_one.changed["/.well-known/ocm"] = (404, {}, b"")
    found.append(state())

    assert ["broken", "ok", "ok"] == found


def test_a_slow_document_is_doubtful(served):
    """By the clock that is given."""
    patient = Patient(served().url, lookup=four)
    moments = iter([0.0, 3.0])
    patient.timer = lambda: next(moments)
    (found,) = doctor.examine(patient, [CHECKS["speed"]])
    patient.close()

    assert ("doubtful", "it takes 3.0 s") == (found["state"], found["told"])


def test_a_site_that_cannot_call_its_peers_is_found(served):
    """It refuses a share without ever asking who sends it."""
    found = look("peer", served().url, peer="127.0.0.1")

    assert "broken" == found["state"], found
    assert "skipped" == look("peer", served().url)["state"]


def test_a_peer_that_cannot_be_is_told_and_the_rest_goes_on(served, authority):
    """What --peer lacks is said as the command says it."""
    secure = look("peer", served(secured(authority)).url, peer="localhost", ca=authority[1])
    odd = look("peer", served().url, peer="a/b")

    assert ("skipped", "skipped") == (secure["state"], odd["state"])
    assert "--peer-cert" in secure["told"]
    assert "--peer" in odd["told"]


def test_nobody_is_asked_whom_the_document_only_names(served):
    """A site on this machine may not make us call another host, nor follow a redirect there."""
    victim, site = served(), served()
    elsewhere = victim.url.replace("localhost", "127.0.0.1")
    site.document |= {
        "jwksUri": f"{elsewhere}/keys",
        "endPoint": f"{elsewhere}/ocm",
        "tokenEndPoint": elsewhere,
    }
    site.changed["/dialog"] = (302, {"Location": victim.url}, b"")
    patient = Patient(site.url, lookup=four)
    found = {entry["check"]: entry["state"] for entry in doctor.examine(patient)}
    patient.close()

    assert [] == victim.asked
    assert {"skipped"} == {found[check] for check in ("key-set", "shares", "token")}
    assert "doubtful" == found["end-point"]


def test_it_ends_in_time(served):
    """What is left when the time is over is skipped, and says so."""
    moments = iter([0.0, 1.0, *[100.0] * 100])
    patient = Patient(served().url, lookup=four)
    found = list(doctor.examine(patient, clock=lambda: next(moments)))
    patient.close()

    assert {"skipped"} == {entry["state"] for entry in found[1:]}
    assert "seconds are over" in found[-1]["told"]


def test_nothing_valid_is_ever_sent(served):
    """Only documents are read, and only what must be refused is posted."""
    site = served()
    patient = Patient(site.url, lookup=four)
    list(doctor.examine(patient))
    patient.close()

    assert {b"{}", b"a=b"} == {body for method, _, body in site.asked if method == "POST"}
    assert {"GET", "POST", "PROPFIND"} == {method for method, _, _ in site.asked}
    assert len(site.asked) < 60


@pytest.mark.parametrize(
    "url", ["x", "ftp://x", "https://x/y", "https://a:b@x", "https://x:0", "https://x:99999"]
)
def test_what_is_no_address_of_a_site_is_told(url):
    """As wrong use."""
    with pytest.raises(Misuse, match="write https://host"):
        Patient(url)
