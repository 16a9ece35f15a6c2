"""What becomes of a received share while its server, or the way to it, is in trouble."""

import pytest

from conformance import needs, requirement
from conformance.peer import basic
from conformance.test_access import loose
from meshsim.wire import Response


@pytest.fixture
def held(site, peer, user):
    """A share of the peer that the user took."""
    loose(site)
    share = peer.give(site, user.name)
    user.act("accept", user.received(share)["key"])
    user.link.settle()
    return share


def fails(peer, *statuses):
    """From now on the peer's WebDAV answers so, and nothing else."""
    for method in ("GET", "PROPFIND", "PUT"):
        peer.answers[method, "*"] = Response(statuses[0], {"content-type": "text/html"}, b"<h1>Not now</h1>")


@requirement("OCM-FIELD-051")
@pytest.mark.parametrize("status", [404, 500, 502, 503])
def test_a_share_outlives_the_trouble_of_its_server(peer, user, held, status):
    """It is there all the time, and read when all is well again."""
    peer.answers["GET", "/.well-known/ocm"] = _document(peer)
    fails(peer, status)
    refused = user.opens(held)
    there = user.has(held)
    peer.answers.clear()
    user.link.wait(1200)

    assert refused is not None
    assert there
    assert user.opens(held) is None


def _document(peer):
    from conformance.peer import told

    return lambda request: told(200, peer.document)


@requirement("OCM-FIELD-052")
def test_a_share_of_a_dead_server_can_be_left(peer, user, held):
    """Nothing answers any more."""
    for method in ("GET", "PROPFIND", "POST"):
        peer.answer(method, "*", 502)
    refused = user.tries("decline", user.received(held)["key"])

    assert refused is None
    assert not user.has(held)


@requirement("OCM-FIELD-053")
def test_one_missing_file_closes_nothing(site, peer, user):
    """404 for one, and the other is read."""
    loose(site)
    peer.files = {"there.txt": b"x"}
    share = peer.give(site, user.name, resourceType="folder")
    user.act("accept", user.received(share)["key"])

    assert user.opens(share, "gone.txt") is not None
    assert user.opens(share, "there.txt") is None


@requirement("OCM-FIELD-054")
def test_one_broken_share_hides_no_other(site, peer, other, user, held):
    """The inbox shows both."""
    second = other.give(site, user.name)
    fails(peer, 500)
    user.opens(held)

    assert user.tries("inbox") is None
    assert user.has(second)


@requirement("OCM-FIELD-056")
@pytest.mark.parametrize("status", [403, 404, 409, 412, 423, 507])
def test_a_refusal_reaches_the_user(peer, user, held, status):
    """With the status that the sending server gave it."""
    peer.answers["PUT", "*"] = Response(status)

    assert status == user.act("request", user.received(held)["key"], "PUT", "new.txt")


@requirement("OCM-FIELD-044")
def test_shares_of_one_name_stand_side_by_side(site, peer, other, user):
    """From two servers."""
    first, second = peer.give(site, user.name), other.give(site, user.name)

    assert user.has(first)
    assert user.has(second)


@requirement("OCM-FIELD-042", "OCM-SHARE-111")
def test_a_share_that_comes_twice(site, peer, user):
    """The same again: taken or refused, and there once."""
    share = peer.give(site, user.name)
    again = peer.post(site.url("shares"), share)

    assert again.status_code in (200, 201, 400, 403, 409)
    assert 1 == sum(entry["key"].endswith(share["providerId"]) for entry in user.act("inbox"))


@requirement("OCM-FIELD-042")
def test_another_secret_under_the_same_id(site, peer, user):
    """It is refused, or it counts; it is not taken and then forgotten."""
    loose(site)
    peer.document["capabilities"].remove("exchange-token")
    share = peer.give(site, user.name)
    share["protocol"]["webdav"]["sharedSecret"] = secret = peer.link.secret()
    if peer.old:
        share["protocol"]["options"]["sharedSecret"] = secret
    answer = peer.post(site.url("shares"), share)
    if answer.status_code in (200, 201):
        user.act("accept", user.received(share)["key"])
        user.opens(share)
        shown = {seen.request.headers.get("authorization") for seen in peer.asked("GET", "/odd/dav")}

        assert {basic(secret) if peer.oldest else f"Bearer {secret}"} == shown

    assert answer.status_code < 500


@requirement("OCM-FIELD-043")
@pytest.mark.parametrize("name", ["x" * 65, "x" * 255, "ü" * 100], ids=["65", "255", "umlauts"])
def test_long_names_are_taken(site, peer, name):
    """Up to what file systems have."""
    assert 201 == peer.post_share(site, name=name).status_code


@requirement("OCM-FIELD-041")
def test_a_share_that_is_offered_again_is_the_same(peer, user):
    """The first offer is answered with 503."""
    peer.answer("POST", "/odd/api/shares", 503)
    user.tries("share", "/notes.txt", peer.address, {})
    peer.answers.clear()
    user.link.wait(600)
    offers = peer.posts("shares")
    if len(offers) < 2:
        from conformance import Inconclusive

        raise Inconclusive("the share was not offered again")

    assert offers[0] == offers[-1]


@requirement("OCM-FIELD-057")
def test_a_share_whose_file_is_gone(user, peer):
    """The owner deleted it."""
    from conformance.test_webdav import CLOSED, given

    user.act("put", "/gone.txt", "x")
    url, secret = given(user, peer, "/gone.txt")
    user.act("remove", "/gone.txt")

    assert peer.dav("GET", url, secret).status_code in (*CLOSED, 410)


@requirement("OCM-FIELD-055")
@needs(capability="invites")
def test_an_error_ends_no_contact(site, peer, user):
    """400 to whatever the site tells."""
    peer.meet(site, user.name)
    share = user.shares(peer, permissions=["read", "write"])
    peer.answer("POST", "/odd/api/notifications", 400)
    user.act("change_permissions", share["providerId"], ["read"])
    user.link.settle()

    assert peer.address in [contact["address"] for contact in user.act("contacts")]
