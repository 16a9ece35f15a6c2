"""Access to what the site shares (draft section 9): the site as Sending Server."""

import pytest

from conformance import Unsupported, needs, requirement
from conformance.peer import basic

CLOSED = (401, 403, 404)
EXCHANGE = needs(capability=("exchange-token", "http-sig"))
PATH = "/papers"


def given(user, peer, path="/notes.txt", **options):
    """A share of the site: the URL of its resource, and its secret."""
    return user.site.access(user.shares(peer, path, **options))


def open_to_secret(user, peer):
    """The same of a share that requires no exchange; Unsupported if the site gives none."""
    found = given(user, peer)
    webdav = peer.posts("shares")[-1]["protocol"].get("webdav") or {}
    if "must-exchange-token" in (webdav.get("requirements") or ()):
        raise Unsupported("the site gives only shares that require an exchange")
    return found


def token(site, peer, secret):
    """An access token for a share; Blocked if none is given."""
    from conformance import Blocked

    found = peer.exchange(site, secret).document.get("access_token")
    if not isinstance(found, str):
        raise Blocked("the site gives no token")
    return found


@requirement("OCM-ACC-030")
def test_the_secret_opens_a_share(user, peer):
    """PROPFIND gives 207, GET the octets."""
    url, secret = open_to_secret(user, peer)
    content = peer.dav("GET", url, secret)

    assert 207 == peer.dav("PROPFIND", url, secret).status_code
    assert (200, user.act("get", "/notes.txt")) == (content.status_code, content.body.decode("latin-1"))


@requirement("OCM-ACC-030")
def test_a_share_lives_longer_than_a_session(user, peer):
    """The next day, and the day after, its secret opens it."""
    url, secret = open_to_secret(user, peer)
    peer.link.wait(50 * 3600)

    assert 207 == peer.dav("PROPFIND", url, secret).status_code


@requirement("OCM-ACC-031")
@pytest.mark.parametrize("bearer", [None, "", "made-up-0123456789abcdef"], ids=["none", "empty", "wrong"])
@pytest.mark.parametrize("method", ["GET", "PROPFIND", "PUT", "DELETE"])
def test_nobody_else_gets_in(user, peer, bearer, method):
    """Without a credential, or with a wrong one."""
    writes = method in ("PUT", "DELETE")
    url, _ = given(user, peer, permissions=["read", "write"] if writes else ["read"])

    # A method that nobody is offered opens nothing either.
    assert peer.dav(method, url, bearer).status_code in (*CLOSED, 405)


@requirement("OCM-ACC-032", "OCM-SHARE-008")
@EXCHANGE
def test_a_strict_share_is_not_opened_by_its_secret(user, peer):
    """Neither as Bearer nor as Basic."""
    peer.document["criteria"] = ["must-exchange-token"]
    url, secret = given(user, peer)

    for method, refused in (("GET", (401, 403)), ("PROPFIND", (401, 403, 405))):
        assert peer.dav(method, url, secret).status_code in refused
        assert peer.dav(method, url, authorization=basic(secret)).status_code in refused


@requirement("OCM-ACC-033")
@EXCHANGE
def test_a_token_opens_a_share_until_it_expires(site, user, peer):
    """207 before, 401 after."""
    peer.document["criteria"] = ["must-exchange-token"]
    url, secret = given(user, peer)
    answer = peer.exchange(site, secret).document
    before = peer.dav("PROPFIND", url, answer["access_token"]).status_code
    peer.link.wait(answer["expires_in"] + 60)

    assert (207, 401) == (before, peer.dav("PROPFIND", url, answer["access_token"]).status_code)


@requirement("OCM-ACC-034")
def test_a_secret_opens_one_share(user, peer):
    """And no other."""
    _, secret = given(user, peer)
    url, _ = given(user, peer, "/papers/review.md")

    assert peer.dav("GET", url, secret).status_code in CLOSED


@requirement("OCM-ACC-034")
@EXCHANGE
def test_a_token_opens_one_share(site, user, peer):
    """And no other."""
    _, secret = given(user, peer)
    url, _ = given(user, peer, "/papers/review.md")

    assert peer.dav("GET", url, token(site, peer, secret)).status_code in CLOSED


@requirement("OCM-ACC-035", "OCM-SHARE-066")
def test_files_in_a_folder_are_below_it(user, peer):
    """By their relative path."""
    url, secret = given(user, peer, PATH)

    assert 200 == peer.dav("GET", f"{url.rstrip('/')}/review.md", secret).status_code


@requirement("OCM-ACC-036")
@pytest.mark.parametrize("way", ["../notes.txt", "%2e%2e/notes.txt", "..%2fnotes.txt", "x/../../notes.txt"])
def test_nothing_leads_out_of_a_folder(user, peer, way):
    """However it is written."""
    url, secret = given(user, peer, PATH)
    answer = peer.dav("GET", f"{url.rstrip('/')}/{way}", secret)

    assert answer.status_code in (400, 403, 404, 405)


@requirement("OCM-ACC-037")
def test_access_by_basic(user, peer, observe):
    """The secret as user name, as until 1.1."""
    url, secret = given(user, peer)
    answer = peer.dav("PROPFIND", url, authorization=basic(secret))
    observe(f"Basic with the secret as user name is answered {answer.status_code}")


@requirement("OCM-ACC-038")
def test_what_was_taken_back_is_closed(user, peer):
    """At once."""
    share = user.shares(peer)
    url, secret = user.site.access(share)
    user.act("unshare", share["providerId"])

    assert peer.dav("GET", url, secret).status_code in CLOSED
    # A method that nobody is offered opens nothing either.
    assert peer.dav("PROPFIND", url, secret).status_code in (*CLOSED, 405)


@requirement("OCM-SHARE-038")
def test_what_has_expired_is_closed(user, peer):
    """A minute later."""
    url, secret = given(user, peer, expiration=int(peer.link.now()) + 60)
    before = peer.dav("PROPFIND", url, secret).status_code
    peer.link.wait(120)

    assert 207 == before
    assert peer.dav("PROPFIND", url, secret).status_code in (*CLOSED, 410)


@requirement("OCM-SHARE-070")
@pytest.mark.parametrize(("method", "name"), [("PUT", "new.txt"), ("DELETE", "review.md"), ("MKCOL", "sub")])
def test_what_may_be_read_may_not_be_written(user, peer, method, name):
    """PUT, DELETE and MKCOL in a folder that is shared to be read."""
    url, secret = given(user, peer, PATH)

    assert peer.dav(method, f"{url.rstrip('/')}/{name}", secret).status_code in (401, 403, 405)


@requirement("OCM-SHARE-070")
@pytest.mark.parametrize(("method", "name"), [("PUT", "new.txt"), ("DELETE", "review.md"), ("MKCOL", "sub")])
def test_what_may_be_written_can_be(user, peer, method, name):
    """The same with the permission write."""
    url, secret = given(user, peer, PATH, permissions=["read", "write"])

    assert peer.dav(method, f"{url.rstrip('/')}/{name}", secret).status_code in (200, 201, 204)


@requirement("OCM-SHARE-070")
def test_rights_that_were_taken_are_gone(user, peer):
    """After a change of permissions."""
    share = user.shares(peer, PATH, permissions=["read", "write"])
    url, secret = user.site.access(share)
    user.act("change_permissions", share["providerId"], ["read"])

    assert peer.dav("PUT", f"{url.rstrip('/')}/new.txt", secret).status_code in (401, 403, 405)
