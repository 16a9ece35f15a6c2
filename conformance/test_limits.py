"""How often one caller may ask, where a site limits that (draft section 12)."""

import pytest

from conformance import Unsupported, needs, requirement
from conformance.peer import Peer, basic

LIMITED = needs(policies=(("rate", {"per_minute": 6, "burst": 5, "spare": 0}),))
MOST = 60
"""Requests after which a limit must have shown itself."""


def refusals(ask):
    """The statuses of many requests, until one is 429; Unsupported if they all went through."""
    found = []
    for number in range(MOST):
        found.append(ask(number))
        if found[-1] == 429:
            break
    return found


ASKS = {
    "shares": lambda site, peer, n: peer.post_share(site, shareWith=f"nobody-{n}@{site.host}"),
    "notifications": lambda site, peer, n: peer.notify(site, "SHARE_UNSHARED", f"guess-{n}"),
    "invite-accepted": lambda site, peer, n: peer.accept_invite(site, f"guess-{n}"),
    "token": lambda site, peer, n: peer.exchange(site, f"guess-{n}"),
}


@pytest.mark.parametrize("endpoint", ASKS)
@requirement("OCM-FIELD-061", "OCM-SEC-003")
@LIMITED
def test_guesses_are_limited_at_each_endpoint(site, peer, endpoint):
    """Made-up ids, tokens and codes of one caller: 429 before long, where any endpoint has a limit."""
    if endpoint == "token" and "exchange-token" not in site.lists("capabilities"):
        raise Unsupported("no token exchange")
    if endpoint == "invite-accepted" and "invites" not in site.lists("capabilities"):
        raise Unsupported("no invites")
    if 429 not in refusals(lambda n: ASKS[endpoint](site, peer, n).status_code):
        others = [name for name in ASKS if name != endpoint and name != "token"]
        if not any(429 in refusals(lambda n, e=e: ASKS[e](site, peer, n).status_code) for e in others):
            raise Unsupported("the site does not limit how often a caller may ask")

        raise AssertionError(f"{endpoint} is not limited, and others are")


@requirement("OCM-NOTIF-022")
@LIMITED
def test_who_asks_too_often_learns_when_to_come_again(site, peer):
    """Retry-After with 429, and after it there is room."""
    found = None
    for number in range(MOST):
        found = peer.notify(site, "SHARE_UNSHARED", f"guess-{number}")
        if found.status_code == 429:
            break
    else:
        raise Unsupported("the site does not limit how often a caller may ask")
    wait = found.headers.get("retry-after", "")

    assert wait.isdigit()
    peer.link.wait(int(wait) + 1)
    assert 429 != peer.notify(site, "SHARE_UNSHARED", "guess-again").status_code


@requirement("OCM-FIELD-061")
@LIMITED
def test_an_ipv6_network_is_one_caller(site, link):
    """Addresses of one /64, which anybody has."""
    first = Peer(link, "[2001:db8:0:7::1]:8443")
    if 429 not in refusals(lambda n: first.accept_invite(site, f"guess-{n}").status_code):
        raise Unsupported("the site does not limit how often a caller may ask")
    second = Peer(link, "[2001:db8:0:7::2]:8443")

    assert 429 == second.accept_invite(site, "guess-again").status_code


@requirement("OCM-SEC-003")
@LIMITED
def test_one_caller_does_not_use_up_the_room_of_others(site, peer, other):
    """The limit is each caller's own."""
    if 429 not in refusals(lambda n: peer.accept_invite(site, f"guess-{n}").status_code):
        raise Unsupported("the site does not limit how often a caller may ask")

    assert 429 != other.accept_invite(site, "guess-again").status_code


@requirement("OCM-FIELD-061")
@needs(disposable=True)
def test_passwords_are_not_guessed_over_webdav(site, user, peer):
    """Of a user's own files; the right one is not known here at all."""
    home = user.act("home")
    found = refusals(
        lambda n: peer.dav("PROPFIND", site.base + home, authorization=basic(user.name, f"p-{n}")).status_code
    )

    assert set(found) <= {401, 429}
    assert 429 == found[-1]


@requirement("OCM-SEC-003")
def test_an_unknown_server_is_not_looked_for_again_and_again(site, peer):
    """Whoever makes up senders does not make the site knock at a door a hundred times."""
    for path in ("/.well-known/ocm", "/ocm-provider", "/ocm-provider/"):
        peer.answer("GET", path, 404)
    for number in range(10):
        peer.notify(site, "SHARE_UNSHARED", f"guess-{number}")

    assert len(peer.asked("GET")) <= 6
