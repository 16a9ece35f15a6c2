"""What the standard site does not offer is judged at one that does: made here, out of the standard one."""

import json

import pytest
from msgspec.structs import replace

from conformance import catalogue, check, verdicts
from conformance.mutants import _parts
from conformance.targets import load, sim
from meshsim.departure import Departure
from meshsim.topology import Plan
from meshsim.wire import Response

JSON = {"content-type": "application/json"}
EXCHANGE = "must-exchange-token"
SECRET = "a-secret-of-the-web-app-0123456789"
PARTS = {
    "webapp": {
        "uri": "https://site.example.org/app/1",
        "targets": ["blank"],
        "permissions": ["view"],
        "requirements": [EXCHANGE],
        "sharedSecret": SECRET,
    },
    "ssh": {"uri": "alice@site.example.org:22/srv/notes.txt"},
}
OFFERED = {
    "webapp": {},
    "webapp-receive": {"targets": ["blank", "iframe"]},
    "ssh": "site.example.org:22",
    "ssh-receive": {},
}


def announces(document):
    """Web apps and ssh, in both roles."""
    for entry in document["resourceTypes"]:
        entry["protocols"] |= OFFERED


def gives(share, peer, changed):
    """A share by all protocols that the peer takes, encrypted in one of the two registered ways."""
    taken = [name for entry in peer["resourceTypes"] for name in entry["protocols"]]
    parts = {name: part for name, part in PARTS.items() if f"{name}-receive" in taken}
    if "exchange-token" in peer.get("capabilities", ()):
        share["protocol"]["webdav"]["requirements"] = [EXCHANGE]
    else:
        parts.pop("webapp", None)
    share["protocol"] |= {name: {**part, **changed.get(name, {})} for name, part in parts.items()}
    share["encryption"] = {**ENCRYPTION[share["resourceType"]], **changed.get("encryption", {})}


ENCRYPTION = {
    "file": {"resourceId": "r", "scheme": "ocm-pgp", "ocm-pgp": {"fingerprints": ["0123456789abcdef"]}},
    "folder": {"resourceId": "r", "scheme": "ocm-mls", "ocm-mls": {"cipher": "AES-128-GCM"}},
}


def keys(request):
    """Who is offered a file by ssh alone answers with a key."""
    if b'"name": "ssh"' not in bytes(request.body):
        return None
    return Response(201, JSON, b'{"recipientDisplayName": "Alice", "recipientPublicKeys": ["ssh-ed25519 A"]}')


def wide(**changed):
    """The standard site with web apps, ssh and encryption, which it gives with every share."""

    def profile(kept):
        speak = kept.dialect.speak

        def spoken(what, document, peer=None, *more):
            said = json.loads(json.dumps(speak(what, document, peer, *more)))
            if what == "discovery":
                announces(said)
            elif what == "share":
                gives(said, peer, changed)
            return said

        dialect = replace(kept.dialect, speak=spoken, speaks_plain=lambda peer: frozenset())
        return replace(kept, dialect=dialect)

    departure = Departure(profile=profile, face=_parts.receives("/ocm/shares", keys, "POST").face)
    return sim.Simulation("sim:wide", Plan(sim.HOST, users=sim.USERS), departure)


def judged(report):
    """The requirements that were judged."""
    return {v["requirement"] for v in report["verdicts"] if v["verdict"] in verdicts.JUDGED}


def bad(report):
    """What is no good, by requirement."""
    return {v["requirement"] for v in report["verdicts"] if v["verdict"] in (*verdicts.BAD, "warning")}


def test_every_must_that_has_a_test_is_judged_somewhere():
    """At the standard site, at one that offers more, and at older ones; nothing is amiss at any of them."""
    testable = [r for r in catalogue.requirements().values() if r.testable]
    binding = {r.id for r in testable if r.level in catalogue.BINDING}
    advised = {r.id for r in testable if r.level in catalogue.ADVISED}
    seen = set()
    for target in (load("sim:standard"), wide(), load("sim:ocm_1_0:signed=true")):
        report, _ = check.run(target, lean=True)
        seen |= judged(report)

        assert set() == bad(report)
    tested = binding - catalogue.untested().keys()

    assert set() == tested - seen
    assert len(tested) >= 0.95 * len(binding)
    assert len(advised & seen) >= 0.95 * len(advised)


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({"webapp": {"uri": "app/1"}}, "OCM-SHARE-080"),
        ({"webapp": {"targets": ["window"]}}, "OCM-SHARE-082"),
        ({"webapp": {"permissions": []}}, "OCM-SHARE-084"),
        ({"webapp": {"requirements": []}}, "OCM-SHARE-085"),
        ({"webapp": {"requirements": [EXCHANGE, "must-use-mfa"]}}, "OCM-SHARE-086"),
        ({"webapp": {"sharedSecret": ""}}, "OCM-SHARE-087"),
        ({"ssh": {"uri": "ssh://site.example.org"}}, "OCM-SHARE-101"),
        ({"encryption": {"resourceId": ""}}, "OCM-SHARE-041"),
        ({"encryption": {"scheme": ""}}, "OCM-SHARE-042"),
        ({"encryption": {"ocm-pgp": 7}}, "OCM-SHARE-043"),
        ({"encryption": {"ocm-pgp": {"fingerprints": []}}}, "OCM-SHARE-044"),
        ({"encryption": {"ocm-mls": {"cipher": ""}}}, "OCM-SHARE-045"),
    ],
)
def test_who_offers_more_and_does_it_wrong_fails(changed, broken):
    """Each part of a share that the standard site never sends."""
    report, _ = check.run(wide(**changed), only=["announced_as_folders", "test_every_message"], lean=True)

    assert broken in bad(report)
