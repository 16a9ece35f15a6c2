"""The simulated OpenCloudMesh-Go answers what was recorded of the real one as the real one did."""

import json
from base64 import urlsafe_b64decode
from urllib.parse import parse_qs, quote

import pytest

from meshsim import bundle, plugins
from meshsim.dialects import _opencloudmesh_go_face as face
from meshsim.dialects._rfc9421 import SIGNING
from meshsim.invariants.access import judge
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import LocalError, OcmError
from meshsim.ocm.lifecycle import Share
from meshsim.wire import Request, octets

CAPTURES = bundle.root() / "conformance" / "captures" / "opencloudmesh-go"
USERS = {"localhost:9200": "alice", "localhost:9201": "bob"}
MADE_UP = frozenset({"x", "access_token", "name", "email", "recipientDisplayName", "uri", "sharedSecret"})
"""Members that hold a key, a token or the name of a person."""
ON_THE_WAY = frozenset(
    {
        "host",
        "user-agent",
        "accept-encoding",
        "content-length",
        "content-digest",
        "signature-input",
        "signature",
    }
)
"""Headers that the replay makes anew; those of requests that nobody signed stay."""
TELLING = ("content-type", "allow", "www-authenticate", "cache-control", "pragma", "accept-ranges")

go = plugins.load("dialects", "opencloudmesh_go")()


def recorded(name):
    return json.loads((CAPTURES / name).read_text())["log"]["entries"]


def headers(message):
    return {header["name"].lower(): header["value"] for header in message["headers"]}


def pair(scheme="https", **options):
    plans = [
        Plan(host, "opencloudmesh_go", options, scheme=scheme, users=(user,)) for host, user in USERS.items()
    ]
    mesh = Mesh(Topology(tuple(plans)))
    return mesh, {host: mesh.person(f"{user}@{host}") for host, user in USERS.items()}


def meet(mesh, people):
    """Each invites the other."""
    one, other = people.values()
    mesh.run(other.accept_invite(one.invite()))
    mesh.run(one.accept_invite(other.invite()))


def opaque(person):
    return OcmAddress(face.opaque(person.address.user, person.address.host), person.address.host)


class Replay:
    """Two simulated servers in the place of two real ones; what was drawn then, and what is in its place."""

    def __init__(self, name):
        self.entries = recorded(name)
        scheme = self.entries[0]["request"]["url"].partition("://")[0]
        # The pair on https had its pages switched on.
        self.mesh, self.people = pair(scheme, wayf=scheme == "https")
        self.now = {}

    def words(self, text):
        for then, now in self.now.items():
            text = text.replace(then, now).replace(quote(then, safe=""), quote(now, safe=""))
        return text

    def learn(self, entry):
        """What stands for the names, tokens and shares of an entry that nobody spoke of before."""
        request = entry["request"]
        path = request["url"].partition("://")[2].partition("/")[2]
        source, target = self.hosts(entry)
        text = (request.get("postData") or {}).get("text") or ""
        if path == "ocm/invite-accepted":
            told = json.loads(text)
            self.known(told["userID"], source)
            if entry["response"]["status"] == 200:
                self.known(json.loads(entry["response"]["content"]["text"])["userID"], target)
                self.now[told["token"]] = self.people[target].invite().token
        elif path == "ocm/shares" and entry["response"]["status"] == 201:
            share = json.loads(text)
            webdav = share["protocol"]["webdav"]
            given = self.give(source, target, self.content(webdav["uri"]), share["name"])
            self.now |= {share["providerId"]: given.provider_id, webdav["uri"]: given.provider_id}
            self.now[webdav["sharedSecret"]] = given.secret

    def known(self, user_id, host):
        bare = urlsafe_b64decode(user_id + "==").decode().partition("@")[0]
        self.now |= {user_id: opaque(self.people[host]).user, bare: USERS[host]}

    def content(self, uri):
        """What was read of a share."""
        read = [e["response"]["content"]["text"] for e in self.entries if e["request"]["url"].endswith(uri)]
        return read[0] if read else "never read"

    def give(self, source, target, content, name):
        giver, folder = self.people[source], f"/{len(self.now)}"
        giver.make_folder(folder)
        giver.put(f"{folder}/{name}", content.encode())
        return self.mesh.run(giver.share(f"{folder}/{name}", opaque(self.people[target])))

    def hosts(self, entry):
        target = entry["request"]["url"].partition("://")[2].partition("/")[0]
        target = target.replace("127.0.0.1", "localhost")
        return next(host for host in USERS if host != target), target

    def send(self, entry, signed):
        """The answer of today; what was signed is signed with the key of today."""
        source, _ = self.hosts(entry)
        request = entry["request"]
        text = self.words((request.get("postData") or {}).get("text") or "")
        url = self.words(request["url"]).replace("127.0.0.1", "localhost")
        drop = ON_THE_WAY if signed else ON_THE_WAY - {"signature-input", "signature"}
        kept = {name: self.words(v) for name, v in headers(request).items() if name not in drop}
        message = Request(request["method"], url, kept, text.encode())
        if signed and request["method"] == "POST":
            message = SIGNING.sign(message, self.mesh.site(source).key, self.mesh.now)
        answer = self.mesh.run(self.mesh.fabric.port(source).send(message))
        told = octets(answer.body).decode()
        if url.endswith("/token") and answer.status == 200:
            then = json.loads(entry["response"]["content"]["text"])["access_token"]
            self.now[then] = json.loads(told)["access_token"]
        return answer, told

    def compare(self, entry, answer, told):
        then = entry["response"]
        text = self.words((then["content"] or {}).get("text") or "")
        expected = {name: v for name, v in headers(then).items() if name in TELLING}
        found = {name: answer.headers.get(name, "") for name in expected}
        # What a file is told to be goes by its name; the letters in it are nobody's business.
        for fields in (expected, found):
            fields["content-type"] = fields.get("content-type", "").partition(";")[0]

        assert (then["status"], expected) == (answer.status, found)
        if expected["content-type"] == "application/json":
            assert blurred(json.loads(text)) == blurred(json.loads(told))
        else:
            assert text == told


def blurred(value, name=""):
    if isinstance(value, dict):
        return {key: blurred(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [blurred(inner, name) for inner in value]
    return type(value) if name in MADE_UP else value


@pytest.mark.parametrize("name", ["pair-http.har", "pair-https.har"])
def test_each_request_of_a_pair_is_answered_as_it_was(name):
    """Status, telling headers, and all of the body but for what was drawn by chance."""
    replay = Replay(name)
    for entry in replay.entries:
        replay.learn(entry)
        replay.compare(entry, *replay.send(entry, signed=True))
    used = {path for e in replay.entries for path in e["request"]["url"].split("/")[3:4]}

    assert 22 <= len(replay.entries)
    assert {".well-known", "ocm", "webdav"} == used


@pytest.mark.parametrize("number", range(34))
def test_what_strangers_are_answered_is_what_they_were(number):
    """Octet for octet, but for the key."""
    replay = Replay("probes-unsigned.har")
    meet(replay.mesh, replay.people)
    given = replay.give("localhost:9200", "localhost:9201", "x", "f.txt")
    replay.now["01a2057f-906f-707b-8a7e-1eb6da579ac0"] = given.provider_id
    entry = replay.entries[number]
    replay.compare(entry, *replay.send(entry, signed=False))

    assert 34 == len(replay.entries)


def test_what_it_says_has_the_form_of_what_was_said():
    """The same requests with the same members, from discovery to the last notification."""
    mesh, people = pair("http")
    meet(mesh, people)
    alice, bob = people.values()
    alice.put("/hello-ocm.txt", b"Hello")
    mesh.run(alice.share("/hello-ocm.txt", opaque(bob)))
    received = mesh.run(bob.accept(bob.received()[0]))
    assert b"Hello" == mesh.run(bob.read(received))
    mesh.run(alice.share("/notes.txt", opaque(bob)))
    mesh.run(bob.decline(bob.received()[1]))

    said = {
        form(e.request.method, e.request.url, e.request.headers, octets(e.request.body))
        for e in mesh.transcript
    }
    were = {
        form(q["method"], q["url"], headers(q), ((q.get("postData") or {}).get("text") or "").encode())
        for q in (entry["request"] for entry in recorded("pair-http.har"))
    }
    assert were == said


def form(method, url, fields, body):
    """Path without identifiers, the members of the body, the names of headers that say something."""
    path = url.partition("://")[2].partition("/")[2]
    members = set(parse_qs(body.decode())) if path == "ocm/token" else json.loads(body or b"{}").keys()
    webdav = json.loads(body).get("protocol", {}).get("webdav", {}).keys() if path == "ocm/shares" else ()
    # That it wants JSON it says to a token endpoint, too; a site of ours does not.
    names = ("authorization", "content-type", "signature", *(["accept"] if method == "GET" else []))
    telling = {name for name in fields if name in names}
    covered = fields.get("signature-input", "").partition(";")[0]
    path = path.rpartition("/")[0] if path.startswith("webdav") else path
    return method, path, frozenset(members), frozenset(webdav), frozenset(telling), covered


@pytest.mark.parametrize("giver", ["standard", "opencloudmesh_go"])
def test_it_shares_with_a_standard_site_both_ways(giver):
    """As the real one does: tests/foreign/test_peers.py."""
    other = {"standard": "opencloudmesh_go", "opencloudmesh_go": "standard"}[giver]
    mesh = Mesh(Topology((Plan("alpha.example.org", giver), Plan("beta.example.org", other))))
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
    met = mesh.run(bob.accept_invite(alice.invite()))
    (contact,) = alice.contacts()
    share = mesh.run(alice.share("/notes.txt", contact.address))
    received = mesh.run(bob.accept(bob.received()[0]))

    assert ("must-exchange-token",) == share.requirements
    assert mesh.run(alice.get("/notes.txt")) == mesh.run(bob.read(received))
    assert Share.ACCEPTED is alice.given()[0].state
    assert "alpha.example.org" == met.address.host
    found = judge(mesh.facts())
    assert (True, "") == (found.ok, found.reason)
    assert found.checked


def test_a_share_may_name_its_user_in_three_ways():
    """By name, and by the identifier that the server gives them; that of another server is another name."""
    mesh, people = pair()
    meet(mesh, people)
    bob = people["localhost:9201"]
    foreign = face.opaque("bob", "localhost:9200")
    for user, known in (("bob", True), (opaque(bob).user, True), (foreign, False), ("nobody", False)):
        share = {
            **{"shareWith": f"{user}@localhost:9201", "name": "a", "providerId": f"p-{user}"},
            **{"owner": "a@localhost:9200", "sender": "a@localhost:9200"},
            **{"shareType": "user", "resourceType": "file", "protocol": {"name": "multi"}},
        }
        share["protocol"]["webdav"] = {
            **{"uri": "u", "sharedSecret": "s3cret"},
            **{"permissions": ["read"], "requirements": ["must-exchange-token"]},
        }
        heard = go.hear("share", share)["shareWith"].partition("@")[0]
        assert known == (heard == "bob"), user


@pytest.mark.parametrize(
    ("path", "options", "field"),
    [
        ("/papers", {}, "resourceType"),
        ("/notes.txt", {"permissions": ("read", "write")}, "permissions"),
        ("/notes.txt", {"expiration": 1 << 33}, "expiration"),
    ],
)
def test_what_its_users_cannot_share_is_told(path, options, field):
    """Before anything is written; the field is named."""
    site = Mesh(Topology((Plan("alpha.example.org", "opencloudmesh_go"), Plan("beta.example.org"))))
    alice, bob = site.person("alice@alpha.example.org"), site.person("bob@beta.example.org")
    with pytest.raises(LocalError) as refused:
        site.run(alice.share(path, bob.address, **options))

    assert (501, [field]) == (refused.value.status, [problem.name for problem in refused.value.problems])
    assert [] == alice.given()


SHARE = {
    **{"shareWith": "bob@b.example.org", "name": "a", "providerId": "p", "owner": "a@a.example.org"},
    **{"sender": "a@a.example.org", "shareType": "user", "resourceType": "file"},
    "protocol": {
        "name": "multi",
        "webdav": {
            **{"uri": "u", "sharedSecret": "s3cret"},
            **{"permissions": ["read"], "requirements": ["must-exchange-token"]},
        },
    },
}


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"name": ""}, 400, "MISSING_REQUIRED_FIELDS"),
        ({"protocol": {}}, 400, "MISSING_REQUIRED_FIELDS"),
        ({"owner": "nobody"}, 400, "INVALID_FIELD_FORMAT"),
        ({"shareWith": "nobody"}, 400, "INVALID_SHARE_WITH"),
        ({"owner": "a@c.example.org"}, 403, "UNTRUSTED_PROVIDER"),
        ({"shareType": "group"}, 501, "SHARE_TYPE_NOT_SUPPORTED"),
        ({"resourceType": "folder"}, 501, "RESOURCE_TYPE_NOT_SUPPORTED"),
        ({"protocol": {"name": "ssh", "ssh": {}}}, 501, "PROTOCOL_NOT_SUPPORTED"),
        ({"protocol": {"name": "multi", "webapp": {}}}, 501, "PROTOCOL_NOT_SUPPORTED"),
        ({"protocol": {"name": "multi"}}, 400, "INVALID_PROTOCOL"),
        ({"protocol": {"webdav": {}}}, 400, "INVALID_PROTOCOL"),
        ({"protocol": {"name": "multi", "webdav": {"uri": "u"}}}, 400, "INVALID_PROTOCOL"),
        (
            {"protocol": {"name": "multi", "webdav": {"permissions": ["write"]}}},
            501,
            "PROTOCOL_NOT_SUPPORTED",
        ),
    ],
)
def test_a_share_it_does_not_take_is_refused_in_its_words(change, status, word):
    """reference: docs/opencloudmesh-go.md."""
    with pytest.raises(OcmError) as refused:
        go.hear("share", {**SHARE, **change})

    assert (status, word) == (refused.value.status, refused.value.message)


def test_what_it_does_not_read_is_passed_over():
    """Even encryption."""
    assert SHARE == go.hear("share", {**SHARE, "encryption": {"scheme": "x"}, "more": 1})


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        ({}, ["notificationType", "providerId"]),
        ({"notificationType": "REQUEST_RESHARE", "providerId": "p"}, ["notificationType"]),
        ({"notificationType": ["SHARE_ACCEPTED"], "providerId": "p"}, ["notificationType"]),
    ],
)
def test_a_notification_it_does_not_take(document, problems):
    """By its type, or for want of the share."""
    with pytest.raises(OcmError, match="INVALID_NOTIFICATION_REQUEST") as refused:
        go.hear("notification", document, "a.example.org")

    assert problems == [problem.name for problem in refused.value.problems]


def test_a_notification_is_from_whoever_signed_it():
    """Whatever it says of that."""
    document = {"notificationType": "SHARE_ACCEPTED", "providerId": "p", "senderDomain": "evil.example.org"}

    assert "a.example.org" == go.hear("notification", document, "a.example.org")["senderDomain"]


def test_keys_of_another_server_are_not_looked_for():
    """All addresses of a document are at one server."""
    document = {
        "apiVersion": "1.5.0",
        "endPoint": "https://a.example.org/ocm",
        "jwksUri": "https://b.example.org/jwks",
    }
    with pytest.raises(OcmError, match="jwksUri"):
        go.hear("discovery", document)
    assert (
        "file"
        == go.hear("discovery", {**document, "jwksUri": "https://a.example.org/k"})["resourceTypes"][0][
            "name"
        ]
    )
