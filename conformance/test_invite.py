"""The invitation workflow (draft section 4), in both roles."""

import base64
import re

import pytest

from conformance import needs, requirement

REFUSED = (400, 401, 403)
INVITES = needs(capability="invites")
MEMBERS = ["recipientProvider", "token", "userID", "email", "name"]


def string(peer, token=None, padded=False):
    """An invite string of the peer, with a token that the site never saw."""
    token = token or f"t-{peer.link.identifier()}{peer.link.identifier()}"
    if padded and len(f"{token}@{peer.host}") % 3 == 0:
        token += "0"  # or else there is nothing to pad
    text = base64.urlsafe_b64encode(f"{token}@{peer.host}".encode()).decode()
    return text if padded else text.rstrip("=")


# The site invites


@requirement("OCM-INV-040", "OCM-INV-044")
@INVITES
def test_an_acceptance_is_answered_with_json(site, peer, user):
    """200 and application/json."""
    answer = peer.accept_invite(site, user.invite())

    assert 200 == answer.status_code
    assert "application/json" == answer.media_type


@pytest.mark.parametrize(
    "member",
    [
        pytest.param("userID", marks=requirement("OCM-INV-041", "OCM-INV-019")),
        pytest.param("email", marks=requirement("OCM-INV-042")),
        pytest.param("name", marks=requirement("OCM-INV-043")),
    ],
)
@INVITES
def test_the_answer_says_who_invited(site, peer, user, member):
    """Each member is a text."""
    answer = peer.accept_invite(site, user.invite())

    assert isinstance(answer.document.get(member), str)


@requirement("OCM-INV-045")
@INVITES
def test_an_unknown_token_is_refused(site, peer):
    """400; 404 was right in 1.1."""
    assert 400 == peer.accept_invite(site, "no-such-token-0123456789").status_code


@requirement("OCM-LEG-015")
@INVITES
def test_an_unknown_token_before_1_2(site, peer):
    """404, or 400 as it is now."""
    assert peer.accept_invite(site, "no-such-token-0123456789").status_code in (400, 404)


@requirement("OCM-INV-047")
@INVITES
def test_an_invite_is_taken_up_once(site, peer, user):
    """200, then 409."""
    token = user.invite()
    first = peer.accept_invite(site, token)

    assert (200, 409) == (first.status_code, peer.accept_invite(site, token).status_code)


@requirement("OCM-INV-051")
@pytest.mark.parametrize("member", MEMBERS)
@INVITES
def test_a_missing_member_is_refused(site, peer, user, member):
    """400 for each of them."""
    assert 400 == peer.accept_invite(site, user.invite(), **{member: None}).status_code


@requirement("OCM-INV-024")
@INVITES
def test_a_provider_is_no_url(site, peer, user):
    """recipientProvider is a host."""
    assert 400 == peer.accept_invite(site, user.invite(), recipientProvider=peer.base).status_code


@requirement("OCM-INV-052")
@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b'{"token": ', "application/json"),
        (b"token=x&userID=mia", "application/x-www-form-urlencoded"),
        (b"[]", "application/json"),
    ],
)
@INVITES
def test_what_is_no_json_is_refused(site, peer, content, media):
    """400 or 415."""
    answer = peer.post(site.url("invite-accepted"), content, headers={"content-type": media})

    assert answer.status_code in (400, 415)


@requirement("OCM-INV-053")
@INVITES
def test_refusals_have_a_message(site, peer):
    """A text in a JSON object."""
    answer = peer.accept_invite(site, "no-such-token-0123456789")

    assert isinstance(answer.document.get("message"), str)


@requirement("OCM-INV-054", "OCM-INV-049")
@needs(capability=("invites", "http-sig"))
def test_a_refused_acceptance_leaves_the_invite(site, peer, user):
    """A broken signature is refused, and the right request is taken after it."""
    token = user.invite()

    assert peer.accept_invite(site, token, sign={"broken": True}).status_code in REFUSED
    assert 200 == peer.accept_invite(site, token).status_code


@requirement("OCM-INV-050", "OCM-SEC-001")
@needs(capability=("invites", "http-sig"))
def test_the_signer_is_who_accepts(site, peer, other, user):
    """Signed by one, for another."""
    answer = peer.accept_invite(site, user.invite(), recipientProvider=other.host)

    assert answer.status_code in REFUSED
    assert [] == [contact for contact in user.act("contacts") if other.host in contact["address"]]


@requirement("OCM-INV-046", "OCM-INV-048")
@needs(capability="invites", policies=(("denylist", {"hosts": ("peer.example.net",)}),))
def test_a_server_that_is_not_trusted_is_refused(site, peer, user):
    """403, though the token is right."""
    if not {"denylist", "allowlist"} & set(site.lists("criteria")):
        from conformance import Unsupported

        raise Unsupported("nobody can put the peer on a list of the site")
    assert 403 == peer.accept_invite(site, user.invite()).status_code


@requirement("OCM-INV-001")
@INVITES
def test_tokens_are_unguessable(user):
    """All differ, are long, and do not name the user."""
    tokens = [user.invite() for _ in range(5)]

    assert 5 == len(set(tokens))
    assert all(len(token) >= 22 and user.name not in token for token in tokens)


@requirement("OCM-INV-071")
@INVITES
def test_the_invite_string_is_base64url(site, user):
    """Unpadded, of token@host."""
    text = user.act("invite")

    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    assert user.invite_string().endswith(f"@{site.host}")


@requirement("OCM-INV-060", "OCM-INV-064")
@INVITES
def test_both_become_contacts(site, peer, user):
    """And a share goes each way."""
    assert 200 == peer.accept_invite(site, user.invite()).status_code
    assert peer.address in [contact["address"] for contact in user.act("contacts")]
    assert user.has(peer.give(site, user.name))
    assert user.shares(peer)


# The site accepts


@requirement("OCM-INV-003", "OCM-INV-010", "OCM-INV-070")
@INVITES
def test_an_invite_is_accepted_where_discovery_says(peer, user):
    """A GET of the document first, then a POST below its endPoint."""
    assert user.tries("accept_invite", string(peer)) is None
    methods = [(seen.request.method, seen.request.target.path) for seen in peer.received]

    assert peer.looked()
    assert ("POST", "/odd/api/invite-accepted") in methods


@requirement("OCM-INV-072")
@pytest.mark.parametrize("padded", [False, True])
@INVITES
def test_padding_does_not_matter(peer, user, padded):
    """With and without."""
    assert user.tries("accept_invite", string(peer, padded=padded)) is None


@requirement("OCM-INV-073")
@INVITES
def test_the_last_at_sign_divides(peer, user):
    """A token may hold some."""
    token = f"to@k@{peer.link.identifier()}"
    user.tries("accept_invite", string(peer, token))

    told = peer.link.fact(lambda: [d.get("token") == token for d in peer.posts("invite-accepted")])

    assert [True] == told


@requirement("OCM-INV-076")
@pytest.mark.parametrize("text", ["", "!!!", "bm8tYXQtc2lnbg", "QHBlZXIuZXhhbXBsZS5uZXQ", "dG9rZW5A"])
@INVITES
def test_a_broken_string_goes_nowhere(peer, user, text):
    """It is refused at home."""
    assert user.tries("accept_invite", text) is not None
    assert [] == peer.received


@requirement("OCM-INV-018")
@INVITES
def test_an_end_point_without_tls_is_not_used(peer, user):
    """http in the document of a server found over https: refused, or called over https all the same."""
    peer.document["endPoint"] = peer.document["endPoint"].replace("https://", "http://")
    refused = user.tries("accept_invite", string(peer))
    plain = [seen.request.url for seen in peer.asked("POST") if seen.request.target.scheme == "http"]

    assert [] == plain
    assert refused is not None or peer.posts("invite-accepted")


@requirement("OCM-INV-021", "OCM-SIG-015")
@INVITES
def test_without_signatures_there_is_no_invite(peer, user, observe):
    """Towards a server that does not sign."""
    peer.document["capabilities"].remove("http-sig")
    user.tries("accept_invite", string(peer))
    observe(f"{len(peer.posts('invite-accepted'))} acceptances were sent")


@requirement("OCM-LEG-024")
@INVITES
def test_ordinary_base64_is_read(peer, user, observe):
    """As web clients of 1.3 make it."""
    text = base64.b64encode(f">>>???@{peer.host}".encode()).decode()
    refused = user.tries("accept_invite", text)
    observe(f"standard base64: {refused or 'taken'}")

    assert refused is None


@requirement("OCM-FIELD-021")
@INVITES
def test_a_409_that_says_who_it_is_makes_the_contact(peer, user):
    """The other side knows us already, and we do not."""
    peer.answer(
        "POST",
        "/odd/api/invite-accepted",
        409,
        {"message": "known", "userID": peer.user, "email": "mia@example.net", "name": "Mia"},
    )
    user.tries("accept_invite", string(peer))

    assert peer.address in [contact["address"] for contact in user.act("contacts")]


@requirement("OCM-FIELD-022")
@INVITES
def test_nobody_takes_up_an_invite_of_home(user, second):
    """Neither their own nor that of a neighbour."""
    text = user.act("invite")

    assert user.tries("accept_invite", text) is not None
    assert second.tries("accept_invite", text) is not None
    assert [] == user.act("contacts") == second.act("contacts")


@requirement("OCM-FIELD-023", "OCM-INV-015")
@INVITES
def test_a_contact_is_who_it_says_and_not_its_mail(site, peer, user):
    """The mail address is at another domain."""
    peer.accept_invite(site, user.invite(), email="mia.musterfrau@mail.example")

    assert [peer.address] == [contact["address"] for contact in user.act("contacts")]


@requirement("OCM-FIELD-024")
@INVITES
def test_an_acceptance_is_sent_again(peer, user):
    """503 once; the contact comes later."""
    peer.answer("POST", "/odd/api/invite-accepted", 503)
    user.tries("accept_invite", string(peer))
    peer.answers.clear()
    user.link.wait(1200)

    assert [peer.address] == [contact["address"] for contact in user.act("contacts")]


@requirement("OCM-INV-044")
@INVITES
def test_invites_go_both_ways(site, peer, user):
    """Who took up an invite of a server can be invited there, too."""
    user.tries("accept_invite", string(peer))

    assert 200 == peer.accept_invite(site, user.invite()).status_code


@requirement("OCM-INV-045")
@needs(capability="invites", settings={"invite_lifetime": 600.0})
def test_an_invite_of_yesterday_is_refused(site, peer, user):
    """400, where invites end."""
    from conformance import Inconclusive

    token = user.invite()
    user.link.wait(86400)
    answer = peer.accept_invite(site, token)
    if answer.status_code == 200:
        raise Inconclusive("invites of this site live longer than a day")

    assert 400 == answer.status_code


@requirement("OCM-DISC-052", "OCM-SHARE-119")
@needs(capability="invites", criterion="must-invite")
def test_who_is_no_contact_any_more_shares_nothing(site, peer, user):
    """The user ended it."""
    peer.meet(site, user.name)
    user.act("remove_contact", peer.address)

    assert peer.post_share(site, user=user.name).status_code in (401, 403)
