"""Giving a share (draft section 7): the site as Sending Server."""

import pytest

from conformance import Unsupported, needs, requirement
from conformance.peer import LEGACY, WELL_KNOWN

EXCHANGE = needs(capability="exchange-token")
STRICT = "must-exchange-token"


def loose(site):
    """Unsupported where nobody is given a share who cannot exchange."""
    if STRICT in site.lists("criteria"):
        raise Unsupported("the site shares only with who can exchange tokens")


def requirements(share):
    """What a share demands."""
    return share["protocol"]["webdav"].get("requirements") or []


@requirement("OCM-SHARE-001", "OCM-SHARE-006", "OCM-ROLE-003")
def test_a_share_goes_where_discovery_says(peer, user):
    """A GET of the document first, then a POST below its endPoint."""
    user.shares(peer)
    methods = [(seen.request.method, seen.request.target.path) for seen in peer.received]

    assert peer.looked()
    assert ("POST", "/odd/api/shares") in methods


@requirement("OCM-SHARE-025")
def test_every_share_has_an_id_of_its_own(peer, user):
    """Of the same file, too."""
    first = user.shares(peer)
    second = user.shares(peer, to=f"max@{peer.host}")

    assert first["providerId"] != second["providerId"]


@requirement("OCM-SHARE-035")
@pytest.mark.parametrize(("path", "kind"), [("/papers", "folder"), ("/notes.txt", "file")])
def test_folders_are_announced_as_folders(peer, user, path, kind):
    """And files as files."""
    assert kind == user.shares(peer, path)["resourceType"]


@requirement("OCM-SHARE-007")
@EXCHANGE
def test_the_receivers_criterion_is_met(peer, user):
    """must-exchange-token in the requirements of what is offered."""
    peer.document["criteria"] = [STRICT]

    assert STRICT in requirements(user.shares(peer))


@requirement("OCM-SHARE-009")
@needs(settings={"exchange": False})
def test_who_cannot_exchange_does_not_share_with_who_demands_it(site, peer, user):
    """No POST goes out."""
    if "exchange-token" in site.lists("capabilities"):
        raise Unsupported("the site has token exchange")
    peer.document["criteria"] = [STRICT]
    user.tries("share", "/notes.txt", peer.address, {})

    assert [] == peer.posts("shares")


@requirement("OCM-TOK-031", "OCM-SHARE-010")
def test_nobody_is_asked_for_what_they_cannot(site, peer, user):
    """No must-exchange-token for a server without exchange-token."""
    loose(site)
    peer.document["capabilities"].remove("exchange-token")
    peer.document.pop("tokenEndPoint")

    assert STRICT not in requirements(user.shares(peer))


@requirement("OCM-SHARE-011", "OCM-SHARE-033")
def test_only_what_is_advertised_is_sent(peer, user):
    """The peer takes folders for users, and nothing for groups."""
    protocols = {"webdav": "/odd/dav/", "webdav-receive": {"uri": "relative"}}
    peer.document["resourceTypes"] = [{"name": "folder", "shareTypes": ["user"], "protocols": protocols}]
    user.tries("share", "/papers", peer.address, {"share_type": "group"})
    user.link.settle()

    assert [] == peer.posts("shares")


@requirement("OCM-SHARE-012", "OCM-DISC-026")
def test_a_server_without_webdav_receive(peer, user, observe):
    """Older servers do not have the entry."""
    for entry in peer.document["resourceTypes"]:
        entry["protocols"] = {"webdav": "/odd/dav/"}
    user.tries("share", "/notes.txt", peer.address, {})
    observe(f"{len(peer.posts('shares'))} shares were sent to a server without webdav-receive")


@requirement("OCM-SHARE-083")
def test_no_web_app_for_who_takes_none(peer, user):
    """A peer without webapp-receive."""
    for entry in peer.document["resourceTypes"]:
        entry["protocols"].pop("webapp-receive", None)

    assert "webapp" not in user.shares(peer)["protocol"]


@requirement("OCM-SHARE-123")
@pytest.mark.parametrize("status", [400, 403, 501])
def test_a_refusal_is_no_delivery(peer, user, status):
    """The user learns it, or the share is not shown as given."""
    peer.answer("POST", "/odd/api/shares", status)
    refused = user.tries("share", "/notes.txt", peer.address, {})
    states = {entry["state"] for entry in user.act("given")}

    assert refused is not None or not states & {"pending", "accepted"}


@pytest.mark.parametrize(
    ("status", "content"),
    [(404, b"{}"), (500, b"{}"), (200, b"<html>"), (200, b'{"enabled": true'), (200, b"[]")],
)
@requirement("OCM-DISC-004")
def test_without_discovery_nothing_is_sent(peer, user, status, content):
    """Whatever is wrong with the document."""
    for path in ("/.well-known/ocm", "/ocm-provider", "/ocm-provider/"):
        peer.answer("GET", path, status, content)

    assert user.tries("share", "/notes.txt", peer.address, {}) is not None
    assert [] == peer.asked("POST")


@requirement("OCM-DISC-063")
@pytest.mark.parametrize(
    ("member", "value"),
    [("endPoint", None), ("resourceTypes", None), ("endPoint", 7), ("resourceTypes", "x")],
)
def test_half_a_document_is_none(peer, user, member, value):
    """A required member is missing, or of a wrong type."""
    peer.document.pop(member)
    if value is not None:
        peer.document[member] = value

    assert user.tries("share", "/notes.txt", peer.address, {}) is not None
    assert [] == peer.asked("POST")


@requirement("OCM-DISC-062")
def test_a_server_that_is_switched_off_is_left_alone(peer, user):
    """enabled is false."""
    peer.document["enabled"] = False

    assert user.tries("share", "/notes.txt", peer.address, {}) is not None
    assert [] == peer.asked("POST")


@requirement("OCM-DISC-061")
def test_what_is_unknown_in_discovery_is_ignored(peer, other, user):
    """Members, capabilities, criteria, protocols and resource types of the future."""
    user.shares(other)
    peer.document["xNew"] = {"a": 1}
    peer.document["capabilities"].append("x-new")
    peer.document["criteria"].append("x-new")
    peer.document["resourceTypes"][0]["protocols"]["x-new"] = {"a": [1]}
    peer.document["resourceTypes"].append({"name": "x-new", "shareTypes": ["user"], "protocols": {}})

    assert user.tries("share", "/notes.txt", peer.address, {}) is None
    assert peer.posts("shares")


@requirement("OCM-ADDR-004", "OCM-DISC-002")
def test_a_port_in_an_address_is_used(third, user):
    """Discovery goes there, after the last @."""
    user.shares(third, to=f"x@y@{third.host}")

    assert "/.well-known/ocm" == third.received[0].request.target.path
    assert f"x@y@{third.host}" == third.posts("shares")[0]["shareWith"]


@requirement("OCM-LEG-004", "OCM-LEG-005")
def test_old_words_do_no_harm(site, peer, user):
    """Capabilities as paths, criteria by their old names."""
    loose(site)
    peer.document |= {"apiVersion": "1.1.0", "capabilities": ["/notifications", "/invite-accepted"]}
    peer.document.pop("jwksUri")
    peer.document.pop("tokenEndPoint")

    assert user.shares(peer)


@requirement("OCM-LEG-002")
def test_the_old_path_is_tried(peer, user, observe):
    """A peer that serves /ocm-provider alone."""
    from conformance.peer import told

    peer.answer("GET", "/.well-known/ocm", 404)
    peer.answers["GET", "/ocm-provider"] = told(200, peer.document)
    refused = user.tries("share", "/notes.txt", peer.address, {})
    observe(f"discovery at /ocm-provider alone: {refused or 'found'}")

    assert refused is None


@requirement("OCM-FIELD-011")
@pytest.mark.parametrize("version", ["1.2.0", "1.4.0", "1.9.0"])
def test_other_versions_are_spoken_with(peer, user, version):
    """Older and newer ones of the same major version."""
    peer.document["apiVersion"] = version

    assert user.tries("share", "/notes.txt", peer.address, {}) is None
    assert peer.posts("shares")


@requirement("OCM-FIELD-012")
@pytest.mark.parametrize("content", [b"<html>", b'{"enabled": true'])
def test_a_discovery_that_failed_is_tried_again(peer, user, content):
    """An answer that could not be read is not kept."""
    for path in ("/.well-known/ocm", "/ocm-provider", "/ocm-provider/"):
        peer.answer("GET", path, 200, content)
    user.tries("share", "/notes.txt", peer.address, {})
    peer.answers.clear()
    user.link.wait(300)

    assert user.tries("share", "/notes.txt", peer.address, {}) is None


@requirement("OCM-FIELD-013")
def test_the_order_of_lists_means_nothing(peer, user):
    """Resource types, capabilities and share types from back to front, and a stranger before them."""
    entries = peer.document["resourceTypes"]
    for entry in entries:
        entry["shareTypes"] = entry["shareTypes"][::-1]
    stranger = {"name": "calendar", "shareTypes": ["user"], "protocols": {"x-caldav": "/cal"}}
    peer.document["resourceTypes"] = [stranger, *entries[::-1]]
    peer.document["capabilities"] = peer.document["capabilities"][::-1]

    assert [None, None] == [user.tries("share", p, peer.address, {}) for p in ("/notes.txt", "/papers")]


@requirement("OCM-HTTP-006")
def test_who_reads_json_says_so(peer, user):
    """Accept of its discovery requests."""
    user.tries("share", "/notes.txt", peer.address, {})
    found = [
        seen.request.headers.get("accept", "")
        for path in (WELL_KNOWN, LEGACY[0])
        for seen in peer.asked("GET", path)
    ]

    assert found
    assert all("json" in value or "*/*" in value for value in found)


@requirement("OCM-DISC-003")
def test_the_well_known_path_is_asked_first(peer, user):
    """Before any older one."""
    user.tries("share", "/notes.txt", peer.address, {})

    assert "/.well-known/ocm" == peer.received[0].request.target.path


@requirement("OCM-SHARE-001", "OCM-INV-010")
@pytest.mark.parametrize("end", ["/odd/api", "/odd/api/"])
def test_an_end_point_may_end_in_a_slash(peer, user, end):
    """It is joined with one."""
    peer.document["endPoint"] = peer.base + end
    user.tries("share", "/notes.txt", peer.address, {})

    assert ["/odd/api/shares"] == [seen.request.target.path for seen in peer.asked("POST")]


@requirement("OCM-TOK-031", "OCM-SHARE-010")
def test_what_one_server_can_says_nothing_of_another(site, peer, other, user):
    """The first demands an exchange, the second cannot."""
    loose(site)
    peer.document["criteria"] = [STRICT]
    other.document["capabilities"].remove("exchange-token")
    other.document.pop("tokenEndPoint")
    user.tries("share", "/notes.txt", peer.address, {})

    assert STRICT not in requirements(user.shares(other))


@requirement("OCM-SHARE-123")
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"recipientDisplayName": "Mia", "x": 1}'])
def test_a_201_is_a_success_whatever_it_says(peer, user, content):
    """The share stands, and is not taken back."""
    peer.answer("POST", "/odd/api/shares", 201, content)
    refused = user.tries("share", "/notes.txt", peer.address, {})
    user.link.settle()

    assert refused is None
    assert {"pending", "accepted"} & {entry["state"] for entry in user.act("given")}
    assert [] == peer.posts("notifications")


@requirement("OCM-LEG-017")
@needs(capability="notifications")
def test_a_server_of_1_4_finds_the_share_of_a_notification(site, peer, user):
    """It looks for providerId on top."""
    peer.document["apiVersion"] = "1.4.0"
    share = peer.give(site, user.name)
    user.act("accept", user.received(share)["key"])
    user.link.settle()

    assert {share["providerId"]} == {document.get("providerId") for document in peer.posts("notifications")}


@requirement("OCM-NOTIF-058", "OCM-NOTIF-059")
@needs(capability="notifications")
def test_a_share_is_asked_for(peer, user):
    """REQUEST_SHARE names owner, recipient and resource, if users can ask at all."""
    user.tries("ask_share", peer.address, "ref-1")
    user.link.settle()
    asked = [d for d in peer.posts("notifications") if d["notificationType"] == "REQUEST_SHARE"]
    if not asked:
        raise Unsupported("users of the site do not ask for shares")

    assert {"owner", "shareWith", "shareId", "permissions"} <= asked[0]["notification"]["file"].keys()


@requirement("OCM-SIG-051")
@needs(capability="http-sig", settings={"key_algorithm": "RS512"})
def test_an_algorithm_without_a_name_in_http_is_left_out(site, peer, user):
    """RS512 is in JOSE, and not in the registry for HTTP signatures."""
    keys = site.keys.get("keys") if isinstance(site.keys, dict) else None
    if not keys or keys[0].get("alg") != "RS512":
        raise Unsupported("the site signs by an algorithm that has a name")
    user.tries("share", "/notes.txt", peer.address, {})

    assert peer.asked("POST")
    assert all("alg=" not in seen.request.headers.get("signature-input", "") for seen in peer.asked("POST"))
