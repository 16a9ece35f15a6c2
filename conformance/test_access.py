"""Opening what was shared with the site's users (draft section 9): the site as Receiving Server."""

import base64

import pytest

from conformance import Unsupported, needs, requirement

EXCHANGE = needs(capability="exchange-token")
STRICT = {"protocol__webdav__requirements": ["must-exchange-token"]}


def opened(site, peer, user, path="", **changes):
    """A share of the peer that the user took and read; the document sent, and why it could not be read."""
    share = peer.give(site, user.name, **changes)
    user.act("accept", user.received(share)["key"])
    return share, user.opens(share, path)


def loose(site):
    """Unsupported where every share has to be exchanged."""
    if "must-exchange-token" in site.lists("criteria"):
        raise Unsupported("the site takes only shares that require an exchange")


def dav(peer):
    """The WebDAV requests at the peer."""
    return [seen.request for seen in peer.asked("PROPFIND") + peer.asked("GET", "/odd/dav")]


def credentials(peer):
    """What was shown with them."""
    return {request.headers.get("authorization", "") for request in dav(peer)}


@requirement("OCM-ACC-001", "OCM-ACC-011", "OCM-SHARE-064", "OCM-DISC-024", "OCM-ACC-002")
def test_a_relative_uri_is_below_the_prefix_of_the_sender(site, peer, user):
    """The prefix is that of its discovery document."""
    share, refused = opened(site, peer, user)

    assert refused is None
    paths = {request.target.path.replace("//", "/") for request in dav(peer)}
    assert {f"/odd/dav/{share['protocol']['webdav']['uri']}"} == paths


@requirement("OCM-ACC-010")
def test_an_absolute_uri_is_used_as_it_is(site, peer, user):
    """With its own path."""
    uri = f"{peer.base}/odd/dav/elsewhere"
    opened(site, peer, user, protocol__webdav__uri=uri)

    assert {uri} == {request.url for request in dav(peer)}


@requirement("OCM-ACC-012")
def test_the_credential_is_a_bearer(site, peer, user):
    """The exchanged token, or the secret."""
    share, _ = opened(site, peer, user)
    secret = share["protocol"]["webdav"]["sharedSecret"]

    assert credentials(peer) <= {f"Bearer {secret}", f"Bearer {peer.token}"}
    assert credentials(peer)


@requirement("OCM-ACC-004", "OCM-ACC-005", "OCM-TOK-001")
@EXCHANGE
def test_a_strict_share_is_exchanged_first(site, peer, user):
    """A POST to tokenEndPoint comes before WebDAV."""
    opened(site, peer, user, **STRICT)
    paths = [seen.request.target.path for seen in peer.received]

    assert "/odd/exchange" in paths
    assert paths.index("/odd/exchange") < next(n for n, p in enumerate(paths) if p.startswith("/odd/dav"))


@requirement("OCM-ACC-006")
@pytest.mark.parametrize("status", [200, 400, 500])
@EXCHANGE
def test_a_strict_share_is_opened_by_the_token_alone(site, peer, user, status):
    """Not by the secret, not even if the exchange fails."""
    if status != 200:
        peer.answer("POST", "/odd/exchange", status, {"error": "invalid_grant"})
    share, _ = opened(site, peer, user, **STRICT)
    secret = share["protocol"]["webdav"]["sharedSecret"]

    assert f"Bearer {secret}" not in credentials(peer)


@requirement("OCM-ACC-008")
@pytest.mark.parametrize("status", [400, 500])
def test_an_exchange_that_was_no_must_falls_back(site, peer, user, status):
    """To the secret."""
    loose(site)
    peer.answer("POST", "/odd/exchange", status, {"error": "invalid_grant"})
    share, refused = opened(site, peer, user)

    assert refused is None
    assert f"Bearer {share['protocol']['webdav']['sharedSecret']}" in credentials(peer)


@requirement("OCM-ACC-007")
def test_an_exchange_that_is_no_must(site, peer, user, observe):
    """May be tried."""
    opened(site, peer, user)
    observe(f"{len(peer.asked('POST', '/odd/exchange'))} exchanges for a share that does not require one")


@requirement("OCM-TOK-033")
def test_without_exchange_there_is_the_secret(site, peer, user):
    """No token is asked for at a server that has none."""
    loose(site)
    peer.document["capabilities"].remove("exchange-token")
    peer.document.pop("tokenEndPoint")
    share, refused = opened(site, peer, user)

    assert refused is None
    assert {f"Bearer {share['protocol']['webdav']['sharedSecret']}"} == credentials(peer)


@requirement("OCM-ACC-025", "OCM-TOK-016")
@EXCHANGE
def test_an_expired_token_is_renewed(site, peer, user):
    """A short one; the next reading exchanges again."""
    peer.token_lifetime = 5
    share, _ = opened(site, peer, user, **STRICT)
    user.link.wait(30)

    assert user.opens(share) is None
    assert 2 <= len(peer.asked("POST", "/odd/exchange"))


@requirement("OCM-TOK-014")
@EXCHANGE
def test_a_token_is_opaque(site, peer, user):
    """Whatever it looks like, it comes back unaltered."""
    _, refused = opened(site, peer, user, **STRICT)

    assert refused is None
    assert {f"Bearer {peer.token}"} == credentials(peer)


@requirement("OCM-ACC-003")
def test_the_member_of_the_protocol_wins(site, peer, user):
    """Beside options with another secret."""
    loose(site)
    peer.document["capabilities"].remove("exchange-token")
    other = peer.link.secret()
    share, _ = opened(site, peer, user, protocol__options={"sharedSecret": other})

    assert {f"Bearer {share['protocol']['webdav']['sharedSecret']}"} == credentials(peer)


@requirement("OCM-ACC-013")
def test_a_share_of_1_0_is_opened_with_basic(site, peer, user):
    """The secret as user name, at the bare prefix."""
    loose(site)
    secret = peer.link.secret()
    peer.files["odd"] = b"x"
    protocol = {"name": "webdav", "options": {"sharedSecret": secret, "permissions": "read"}}
    opened(site, peer, user, protocol=protocol)
    expected = "Basic " + base64.b64encode(f"{secret}:".encode()).decode()

    assert expected in credentials(peer)
    assert {"/odd/dav"} == {request.target.path.rstrip("/") for request in dav(peer)}


@requirement("OCM-ACC-015")
def test_a_path_in_a_folder_is_appended(site, peer, user):
    """To the URL of the share."""
    peer.files = {"sub/file.txt": b"inside"}
    share, refused = opened(site, peer, user, "sub/file.txt", resourceType="folder")

    assert refused is None
    assert any(
        request.target.path.endswith(f"{share['protocol']['webdav']['uri']}/sub/file.txt")
        for request in dav(peer)
    )


@requirement("OCM-ACC-000")
def test_which_protocol_is_used(site, peer, user, observe):
    """A share that offers several."""
    share, refused = opened(site, peer, user, protocol__ssh={"uri": "mia@peer.example.net:22/x"})
    observe(f"of webdav and ssh: {'webdav' if dav(peer) else refused or 'none'} for {share['resourceType']}")


@requirement("OCM-NOTIF-043")
def test_access_may_end_without_a_word(site, peer, user):
    """404 at the peer: the user is told, and there is no storm of requests."""
    share, _ = opened(site, peer, user)
    peer.files = {}
    before = len(peer.received)

    assert user.opens(share) is not None
    assert len(peer.received) - before < 10


@requirement("OCM-SHARE-092")
def test_a_hint_for_an_icon_is_not_fetched(site, peer, user):
    """appIconHint is a media type, and no address."""
    hint = f"{peer.base}/icon.png"
    peer.post_share(site, protocol__webapp={"uri": f"{peer.base}/app", "appIconHint": hint})

    assert [] == peer.asked("GET", "/icon.png")


@requirement("OCM-NOTIF-056", "OCM-NOTIF-057")
def test_what_was_received_is_not_passed_on(site, peer, other, user):
    """The sender is asked instead, or nothing happens."""
    share = peer.give(site, user.name, protocol__webdav__permissions=["read", "share"])
    user.act("accept", user.received(share)["key"])
    user.tries("ask_reshare", user.received(share)["key"], other.address)
    user.link.settle()

    assert [] == other.posts("shares")


@requirement("OCM-NOTIF-050")
def test_a_reshare_is_asked_for(site, peer, other, user, observe):
    """REQUEST_RESHARE, if the site knows it."""
    share = peer.give(site, user.name, protocol__webdav__permissions=["read", "share"])
    user.act("accept", user.received(share)["key"])
    user.tries("ask_reshare", user.received(share)["key"], other.address)
    user.link.settle()
    observe(f"the sender is told: {[d['notificationType'] for d in peer.posts('notifications')]}")
