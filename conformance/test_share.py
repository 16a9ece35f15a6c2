"""Taking a share (draft section 7): the site as Receiving Server."""

import pytest

from conformance import Unsupported, needs, requirement

SHAPE = (400, 415)


def unknown(site):
    """What a share for nobody is answered: under must-invite, nobody was invited either."""
    return (400, 401, 403) if "must-invite" in site.lists("criteria") else (400,)


@requirement("OCM-SHARE-111")
def test_a_share_is_taken(site, peer):
    """Success is 201."""
    assert 201 == peer.post_share(site).status_code


@requirement("OCM-SHARE-112")
def test_the_recipient_is_named(site, peer):
    """The answer has recipientDisplayName."""
    assert isinstance(peer.post_share(site).document.get("recipientDisplayName"), str)


@requirement("OCM-SHARE-110")
@pytest.mark.parametrize("change", [{}, {"name": None}], ids=["taken", "refused"])
def test_answers_are_json(site, peer, change):
    """By their Content-Type, whatever is answered."""
    assert "application/json" == peer.post_share(site, **change).media_type


@requirement("OCM-SHARE-114")
@pytest.mark.parametrize(
    "member",
    ["shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType", "protocol"],
)
def test_a_missing_member_is_refused(site, peer, member):
    """400 for each of them."""
    if member == "sender" and site.version < (1, 1):
        raise Unsupported("in 1.0 the sender may be left out")

    assert 400 == peer.post_share(site, **{member: None}).status_code


@requirement("OCM-SHARE-115")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", 7),
        ("shareWith", ["alice"]),
        ("shareWith", "nobody-without-a-host"),
        ("owner", "mia"),
        ("providerId", {}),
        ("protocol", "webdav"),
        ("protocol", []),
        ("expiration", "tomorrow"),
    ],
)
def test_a_wrong_type_is_refused(site, peer, member, value):
    """400, and never 5xx."""
    if member == "expiration" and site.version < (1, 1):
        raise Unsupported("in 1.0 shares have no end")

    assert 400 == peer.post_share(site, **{member: value}).status_code


@requirement("OCM-SHARE-116")
def test_a_share_for_a_stranger_is_refused(site, peer):
    """spec.yaml, POST /shares: 400 also where shareWith is not found."""
    assert peer.post_share(site, shareWith=f"nobody@{site.host}").status_code in unknown(site)


@requirement("OCM-SHARE-117")
@pytest.mark.parametrize("content", [b"", b'{"shareWith": ', b"[]", b"null"])
def test_what_is_no_json_object_is_refused(site, peer, content):
    """400 or 415."""
    assert peer.post(site.url("shares"), content).status_code in SHAPE


@requirement("OCM-SHARE-117")
def test_another_media_type_is_refused(site, peer):
    """A share that says it is text."""
    answer = peer.post(site.url("shares"), peer.share(site), headers={"content-type": "text/plain"})

    assert answer.status_code in SHAPE


@requirement("OCM-SHARE-122")
@pytest.mark.parametrize(
    "change", [{"name": None}, {"shareType": 5}, {"shareWith": "nobody@elsewhere.example"}]
)
def test_errors_have_a_message(site, peer, change):
    """A string; validationErrors are objects with name and message."""
    answer = peer.post_share(site, **change)

    assert answer.status_code >= 400
    assert isinstance(answer.document.get("message"), str)
    for problem in answer.document.get("validationErrors", []):
        assert {"name", "message"} >= problem.keys()


@requirement("OCM-SHARE-053")
def test_several_protocols_and_none_is_refused(site, peer):
    """name multi without a member."""
    assert 400 == peer.post_share(site, protocol={"name": "multi"}).status_code


@requirement("OCM-SHARE-076")
def test_an_unknown_requirement_is_refused(site, peer):
    """Whoever does not understand it cannot honour it."""
    assert peer.post_share(site, protocol__webdav__requirements=["x-unknown"]).status_code in (400, 501)


@requirement("OCM-SHARE-120")
@pytest.mark.parametrize("member", ["shareType", "resourceType"])
def test_an_unknown_type_is_refused(site, peer, member):
    """501; 400 is let pass."""
    assert peer.post_share(site, **{member: "x-none"}).status_code in (400, 501)


@requirement("OCM-SHARE-124")
def test_members_nobody_knows_are_ignored(site, peer):
    """A newer sender says more."""
    assert 201 == peer.post_share(site, xNew={"a": [1]}, protocol__webdav__xNew={"b": 2}).status_code


@requirement("OCM-SHARE-125")
@pytest.mark.parametrize("member", ["uri", "sharedSecret"])
def test_webdav_without_its_members_is_refused(site, peer, member):
    """uri and sharedSecret must be there."""
    assert 400 == peer.post_share(site, **{f"protocol__webdav__{member}": None}).status_code


@requirement("OCM-SHARE-126")
def test_an_unknown_permission_is_not_widened(site, peer, user):
    """Refused, or taken with no more than is known."""
    share = peer.share(site, protocol__webdav__permissions=["admin"])

    if peer.post(site.url("shares"), share).status_code == 201:
        assert set(user.received(share)["permissions"]) <= {"read"}


@requirement("OCM-ADDR-001")
def test_an_identifier_may_hold_an_at_sign(site, peer):
    """What follows the last @ is the host: nobody here is called nobody@site."""
    answer = peer.post_share(site, shareWith=f"nobody@b.example@{site.host}")

    assert answer.status_code in unknown(site)


@requirement("OCM-ADDR-006")
@pytest.mark.parametrize("member", ["shareWith", "owner", "sender"])
def test_an_address_with_a_path_is_refused(site, peer, member):
    """An OCM Address is no URL."""
    address = site.address("alice") if member == "shareWith" else peer.address

    assert 400 == peer.post_share(site, **{member: f"{address}/sub"}).status_code


@requirement("OCM-MFA-005", "OCM-LEG-010")
@pytest.mark.parametrize("word", ["must-use-mfa", "mfa-enforced"])
def test_a_second_factor_is_not_ignored(site, peer, word):
    """Who does not enforce it refuses the share."""
    from conformance import Unsupported

    if "enforce-mfa" in site.lists("capabilities"):
        raise Unsupported("the site enforces it")
    assert peer.post_share(site, protocol__webdav__requirements=[word]).status_code in (400, 403, 501)


@requirement("OCM-ACC-014")
@pytest.mark.parametrize("protocol", [{"name": "webdav"}, {"name": "webdav", "options": {}}])
def test_a_share_without_a_secret_is_refused(site, peer, protocol):
    """name webdav, and no secret to be found: 400, or 501 of who does not know that form at all."""
    assert peer.post_share(site, protocol=protocol).status_code in (400, 501)


@requirement("OCM-SIG-077", "OCM-SEC-001")
@needs(capability="http-sig")
def test_the_share_of_another_server_is_refused(site, peer, other):
    """Signed by one, from a user of another."""
    answer = peer.post_share(site, sender=other.address, owner=other.address)

    assert answer.status_code in (400, 401, 403)


@requirement("OCM-SIG-014", "OCM-SHARE-118")
@needs(criterion="must-use-http-sig")
def test_an_unsigned_share_is_refused(site, peer):
    """Also from a server that does not sign."""
    peer.document["capabilities"].remove("http-sig")

    assert peer.post_share(site, sign=False).status_code in (401, 403)


@requirement("OCM-ADDR-002")
def test_capitals_in_an_identifier_count(site, peer, user):
    """Nobody here has this name in capitals."""
    answer = peer.post_share(site, shareWith=site.address(user.name.upper()))

    assert answer.status_code in unknown(site)


@requirement("OCM-ADDR-001", "OCM-ADDR-002")
@pytest.mark.parametrize("name", ["http-mia", "mia@lab", "M.ia+1", "mia%40x"])
def test_an_identifier_is_opaque(site, peer, user, name):
    """Whatever it looks like, it comes through."""
    share = peer.share(site, user.name, sender=f"{name}@{peer.host}", owner=f"{name}@{peer.host}")
    answer = peer.post(site.url("shares"), share)
    if "must-invite" in site.lists("criteria"):
        from conformance import Unsupported

        raise Unsupported("only who was met may share here")

    assert 201 == answer.status_code
    assert f"{name}@{peer.host}" == user.received(share)["sender"]


@requirement("OCM-SHARE-111", "OCM-ADDR-001")
def test_capitals_in_a_host_do_not_count(site, peer):
    """Names of hosts are all one."""
    host = peer.host.upper()
    answer = peer.post_share(site, sender=f"{peer.user}@{host}", owner=f"{peer.user}@{host}")

    assert 201 == answer.status_code


@requirement("OCM-ADDR-001")
def test_a_user_may_have_an_at_sign(site, peer):
    """If somebody here has one, shares find them."""
    if "al@ice" not in site.link.users:
        from conformance import Unsupported

        raise Unsupported("nobody at the site has an at-sign in their identifier")

    assert 201 == peer.post_share(site, user="al@ice").status_code
