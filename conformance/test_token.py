"""Token exchange (draft section 10): the site as Sending Server."""

import pytest

from conformance import needs, requirement

ERRORS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
}
EXCHANGE = needs(capability="exchange-token")
SIGNED = needs(capability=("exchange-token", "http-sig"))


def code(user, peer, **options):
    """The sharedSecret of a new share of the site."""
    return user.shares(peer, **options)["protocol"]["webdav"]["sharedSecret"]


@requirement("OCM-TOK-010", "OCM-TOK-011")
@EXCHANGE
def test_a_code_is_exchanged(site, peer, user):
    """200, and a token that is not the code."""
    secret = code(user, peer)
    answer = peer.exchange(site, secret)

    assert 200 == answer.status_code
    assert isinstance(answer.document.get("access_token"), str)
    assert secret != answer.document["access_token"]


@requirement("OCM-TOK-012")
@EXCHANGE
def test_the_token_is_a_bearer_token(site, peer, user):
    """token_type says so."""
    assert "Bearer" == peer.exchange(site, code(user, peer)).document.get("token_type")


@requirement("OCM-TOK-013")
@EXCHANGE
def test_the_token_says_how_long_it_lives(site, peer, user):
    """A positive number of seconds."""
    lifetime = peer.exchange(site, code(user, peer)).document.get("expires_in")

    assert type(lifetime) is int
    assert lifetime > 0


@requirement("OCM-TOK-015")
@EXCHANGE
def test_there_is_no_refresh_token(site, peer, user):
    """The code is exchanged again instead."""
    assert "refresh_token" not in peer.exchange(site, code(user, peer)).document


@requirement("OCM-TOK-017")
@EXCHANGE
def test_a_code_can_be_used_again(site, peer, user):
    """As long as the share lives."""
    secret = code(user, peer)

    assert [200, 200] == [peer.exchange(site, secret).status_code for _ in range(2)]


@requirement("OCM-TOK-008")
@EXCHANGE
def test_other_parameters_are_ignored(site, peer, user):
    """redirect_uri, scope, state."""
    more = {"redirect_uri": "https://peer.example.net/", "scope": "x", "state": "y"}

    assert 200 == peer.exchange(site, code(user, peer), **more).status_code


@requirement("OCM-TOK-044")
@EXCHANGE
def test_tokens_are_not_cached(site, peer, user):
    """Cache-Control: no-store."""
    assert "no-store" in peer.exchange(site, code(user, peer)).headers.get("cache-control", "")


@requirement("OCM-TOK-009")
@pytest.mark.parametrize("sign", [False, {"broken": True}], ids=["unsigned", "broken"])
@SIGNED
def test_a_request_without_proof_is_refused(site, peer, user, sign):
    """401, or 400 with an error about the client."""
    answer = peer.exchange(site, code(user, peer), sign=sign)

    assert answer.status_code in (400, 401, 403)
    assert "access_token" not in answer.document


@requirement("OCM-TOK-020", "OCM-TOK-021")
@pytest.mark.parametrize(
    "changes",
    [{"grant_type": "client_credentials"}, {"code": "no-such-code"}, {"code": None}],
    ids=["grant", "unknown", "missing"],
)
@EXCHANGE
def test_errors_are_those_of_oauth(site, peer, changes):
    """400 with one of five words."""
    answer = peer.exchange(site, "no-such-code", **changes)

    assert 400 == answer.status_code
    assert answer.document.get("error") in ERRORS


@requirement("OCM-TOK-022")
@EXCHANGE
def test_another_grant_type(site, peer, user):
    """unsupported_grant_type."""
    answer = peer.exchange(site, code(user, peer), grant_type="client_credentials")

    assert "unsupported_grant_type" == answer.document.get("error")


@requirement("OCM-TOK-023")
@EXCHANGE
def test_an_unknown_code(site, peer):
    """invalid_grant."""
    assert "invalid_grant" == peer.exchange(site, "no-such-code").document.get("error")


@requirement("OCM-TOK-024")
@pytest.mark.parametrize("member", ["grant_type", "client_id", "code"])
@EXCHANGE
def test_a_missing_parameter(site, peer, user, member):
    """invalid_request."""
    answer = peer.exchange(site, code(user, peer), **{member: None})

    assert "invalid_request" == answer.document.get("error")


@requirement("OCM-TOK-025")
@EXCHANGE
def test_the_code_of_another_server(site, peer, other, user):
    """Refused, though that server proves who it is."""
    answer = other.exchange(site, code(user, peer))

    assert answer.status_code in (400, 401, 403)
    assert "access_token" not in answer.document


@requirement("OCM-TOK-026")
@SIGNED
def test_the_client_is_who_signed(site, peer, other, user):
    """Signed by one, for another."""
    answer = other.exchange(site, code(user, peer), client_id=peer.host)

    assert answer.status_code in (400, 401, 403)


@requirement("OCM-TOK-027")
@EXCHANGE
def test_json_is_refused(site, peer, user):
    """The form of 1.2."""
    document = {"grant_type": "authorization_code", "client_id": peer.host, "code": code(user, peer)}

    assert peer.post(site.url("token"), document).status_code in (400, 415)


@requirement("OCM-LEG-009")
@EXCHANGE
def test_the_form_of_1_2(site, peer, user, observe):
    """JSON and ocm_authorization_code."""
    document = {"grant_type": "ocm_authorization_code", "client_id": peer.host, "code": code(user, peer)}
    answer = peer.post(site.url("token"), document)
    observe(f"a token request of 1.2 is answered {answer.status_code}")

    assert answer.status_code < 500


@requirement("OCM-ACC-039")
@EXCHANGE
def test_what_was_taken_back_gives_no_token(site, peer, user):
    """invalid_grant."""
    share = user.shares(peer)
    user.act("unshare", share["providerId"])
    answer = peer.exchange(site, share["protocol"]["webdav"]["sharedSecret"])

    assert (400, "invalid_grant") == (answer.status_code, answer.document.get("error"))
