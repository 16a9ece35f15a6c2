"""Each check of an ambiguity tells two readings apart: a site that reads otherwise gets another reason."""

import re
from functools import cache

import pytest

from conformance import catalogue, check, targets
from conformance.mutants import _parts
from conformance.targets.sim import Simulation
from meshsim.departure import Departure
from meshsim.ocm.errors import OcmError
from meshsim.wire import Request, Response

OTHERWISE = {
    "mutant:share-foreign-sender": ("02", "11", "12", "29", "30", "40"),
    "mutant:sec-requirement-void": ("07",),
    "mutant:share-no-display-name": ("08",),
    "mutant:share-unknown-404": ("09",),
    "mutant:share-dup-stale": ("10",),
    "mutant:token-code-replay": ("13",),
    "mutant:token-optional-no-fallback": ("14",),
    "mutant:notif-status-200": ("15", "16"),
    "mutant:notif-id-on-top": ("17", "18"),
    "mutant:notif-permission-dialect": ("19", "21"),
    "mutant:invite-id-double-provider": ("20",),
    "sim:standard:exchange=false": ("22", "39"),
    "mutant:sec-ssrf-discover": ("24",),
    "sim:ocm_1_1": ("25",),
    "mutant:sig-weak-kid": ("27",),
    "mutant:invite-token-reuse": ("36",),
    "another reader": (
        "01",
        "03",
        "04",
        "05",
        "06",
        "23",
        "28",
        "31",
        "32",
        "33",
        "35",
        "37",
        "38",
        "41",
        "42",
    ),
}
"""Sites, and the ambiguities that they read in another way than the standard one."""

ALIKE = {
    "26": "a list by address has no name to show, and the simulated lists are by name",
    "34": "no simulated site opens web apps",
}
"""Where no site of ours reads otherwise, and why."""


def hear_share(document):
    """A share as others read it."""
    protocol = document.get("protocol")
    if not isinstance(protocol, dict) or "name" not in protocol:
        raise OcmError("protocol.name is missing")
    webdav = protocol.get("webdav")
    if protocol["name"] == "webdav" and webdav and "options" not in protocol:
        raise OcmError("protocol.options is missing")
    if str((document.get("encryption") or {}).get("scheme")) == "ocm-gpg":
        raise OcmError("encryption.scheme is unknown")
    if document.get("shareType") == "federation":
        document["shareType"] = "user"
    if "sender" not in document and "sharedBy" in document:
        document["sender"] = document["sharedBy"]
    sender = document.get("sender")
    if sender and str(document.get("owner")).rpartition("@")[2] != str(sender).rpartition("@")[2]:
        document["owner"] = sender
    if isinstance(webdav, dict) and str(webdav.get("uri")).startswith("/"):
        there = f"https://{str(sender).rpartition('@')[2]}{webdav['uri']}"
        document["protocol"] = {**protocol, "webdav": {**webdav, "uri": there}}


def hear_discovery(document):
    """A discovery document as others read it."""
    document.setdefault("enabled", True)
    words = document.get("capabilities", [])
    document["capabilities"] = ["exchange-token" if word == "token-exchange" else word for word in words]
    types = document.get("resourceTypes")
    if isinstance(types, list):
        document["resourceTypes"] = sorted(types, key=lambda entry: entry["name"] != "file")


def call(request):
    """URLs of shares made as others make them."""
    if "authorization" not in request.headers:
        return request
    url = re.sub(r"/odd/dav/[^/]+/sub/", "/odd/dav/sub/", request.url).replace("/odd/dav/", "/odd/dav//")
    return Request(request.method, url, request.headers, request.body, request.remote)


def receive(request):
    """Requests answered as others do."""
    if request.target.path == "/.well-known/jwks.json":
        return Response(404)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return Response(401) if scheme == "Basic" and len(value) > 60 else None


def another_reader():
    """All of these in one site."""
    parts = [
        _parts.hears("share", hear_share),
        _parts.hears("discovery", hear_discovery),
        _parts.says("discovery", lambda document: document.update(inviteAcceptDialog="/accept-invite")),
        _parts.calls(call),
        _parts.receives("/", receive),
    ]

    def through(name):
        def all_of_them(kept):
            for part in parts:
                kept = getattr(part, name)(kept)
            return kept

        return all_of_them

    return Departure(profile=through("profile"), ports=through("ports"), face=through("face"))


@cache
def readings(name):
    """What the checks tell of a site, by ambiguity and test."""
    standard = targets.load("sim:standard")
    target = (
        Simulation(name, standard.plan, another_reader()) if name == "another reader" else targets.load(name)
    )
    report, _ = check.run(target, only=["ambiguities"], lean=True)
    return {
        (verdict["requirement"], verdict["test"]): verdict["reason"]
        for verdict in report["verdicts"]
        if verdict["verdict"] == "informational"
    }


def test_each_ambiguity_is_recorded():
    """At the standard site, with a reading; all of them are told apart here, or it is said why not."""
    told = {name for (name, _), reading in readings("sim:standard").items() if reading}
    apart = {f"OCM-AMB-{number}" for numbers in (*OTHERWISE.values(), tuple(ALIKE)) for number in numbers}

    assert {*catalogue.ambiguities()} == {*told, "OCM-AMB-34"}
    assert {*catalogue.ambiguities()} == apart


@pytest.mark.parametrize("name", OTHERWISE)
def test_another_reading_is_seen(name):
    """The reason is another one."""
    standard, found = readings("sim:standard"), readings(name)
    differ = {key[0] for key, reading in found.items() if reading != standard.get(key)}

    assert {f"OCM-AMB-{number}" for number in OTHERWISE[name]} <= differ
