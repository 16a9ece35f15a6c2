"""A Directory Service (draft appendix C), where the examined site keeps one."""

import base64
import hashlib
import json

import pytest

from conformance import Inconclusive, Unsupported, needs, requirement
from meshsim.ocm.keys import PrivateKey
from meshsim.site.listing import Source

KEY = PrivateKey.from_seed("directory#1", hashlib.sha256(b"directory").digest())
OTHER = PrivateKey.from_seed("directory#1", hashlib.sha256(b"somebody").digest())
POLLS = needs(
    settings={
        "directories": (Source("https://peer.example.net/directory", KEY.public),),
        "directory_lifetime": 60.0,
    }
)
PATHS = ("/directory", "/.well-known/ocm-directory", "/ocm/directory")


def payload(site):
    """The document of the directory; Unsupported where there is none."""
    for path in PATHS:
        answer = site.get(path)
        if answer.status_code != 200:
            continue
        compact = [*answer.text.strip().split("."), ""][1]
        part = answer.json.get("payload") if isinstance(answer.json, dict) else compact
        try:
            return json.loads(base64.urlsafe_b64decode(str(part) + "=" * (-len(str(part)) % 4)))
        except ValueError:
            continue  # something else is served there
    raise Unsupported("the site keeps no directory")


@requirement("OCM-DIR-001", "OCM-DIR-003", "OCM-DIR-004")
@needs(settings={"federation": "Suite"})
def test_the_directory_is_a_signed_list(site):
    """A JWS whose payload has federation and servers."""
    found = payload(site)

    assert isinstance(found["federation"], str)
    assert isinstance(found["servers"], list)


@requirement("OCM-DIR-005", "OCM-DIR-006", "OCM-DIR-007", "OCM-DIR-008", "OCM-DIR-009")
@needs(settings={"federation": "Suite"})
def test_each_server_is_an_origin_with_a_name(site, peer):
    """Scheme, host, perhaps a port, and no more."""
    import re

    answer = peer.post(f"{site.base}/directory/register", {"url": peer.base, "displayName": "A peer"})
    servers = payload(site)["servers"]
    if not servers:
        raise Inconclusive(f"there is no server in the directory, which does not take up ours: {answer!r}")
    for server in servers:
        assert re.fullmatch(r"https?://[^/?#@\s]+/?", server["url"])
        assert isinstance(server["displayName"], str)


# The site asks a directory of ours


def jws(servers, key=KEY, alg="Ed25519"):
    """A directory with these servers."""
    document = {"federation": "Suite", "servers": servers}
    parts = [{"alg": alg, "kid": key.kid}, document]
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{encoded(key.sign(signed.encode()))}".encode()


def encoded(octets):
    """base64url without padding."""
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def server(host, **more):
    """An entry."""
    return {"url": f"https://{host}", "displayName": host, **more}


def offered(peer, user, content, status=200):
    """The hosts that the site offers when its directory answers so; Unsupported if it never asks."""
    peer.answer("GET", "/directory", status, content, content_type="application/jose")
    found = user.act("servers")
    if not peer.asked("GET", "/directory"):
        raise Unsupported("the site polls no directory of the suite")
    return found


@requirement("OCM-DIR-010")
@POLLS
def test_a_directory_is_read(peer, user):
    """Signed by the key that was handed over."""
    assert "one.example.net" in offered(peer, user, jws([server("one.example.net")]))


@requirement("OCM-DIR-010")
@pytest.mark.parametrize("fault", ["key", "payload", "alg"])
@POLLS
def test_a_directory_of_somebody_else_is_not_read(peer, user, fault):
    """Another key, another payload, or none for an algorithm."""
    content = jws(
        [server("rogue.example.net")],
        OTHER if fault == "key" else KEY,
        "none" if fault == "alg" else "Ed25519",
    )
    if fault == "payload":
        head, _, proof = jws([server("one.example.net")]).split(b".")
        content = b".".join([head, content.split(b".")[1], proof])

    assert "rogue.example.net" not in offered(peer, user, content)


@requirement("OCM-DIR-011")
@pytest.mark.parametrize(
    ("content", "status"), [(b"", 200), (b"<html>", 200), (b"a.b.c", 200), (b"{}", 503), (jws([]), 404)]
)
@POLLS
def test_a_directory_that_cannot_be_read_does_no_harm(peer, user, content, status):
    """There is nothing to offer, and the site works on."""
    assert [] == offered(peer, user, content, status)
    assert user.shares(peer)


@requirement("OCM-DIR-011")
@POLLS
def test_the_last_good_directory_stays(peer, user):
    """While the directory is away."""
    offered(peer, user, jws([server("one.example.net")]))
    user.link.wait(600)

    assert ["one.example.net"] == offered(peer, user, b"{}", 503)


@requirement("OCM-DIR-011")
@pytest.mark.parametrize(
    "bad",
    [7, {}, {"url": "https://x.example.net/path", "displayName": "x"}, {"url": 3, "displayName": "x"}],
    ids=["number", "empty", "path", "url"],
)
@POLLS
def test_a_bad_entry_spoils_no_other(peer, user, bad):
    """It is left out."""
    assert ["one.example.net"] == offered(peer, user, jws([bad, server("one.example.net")]))
