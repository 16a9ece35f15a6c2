"""Token requests, answers and the decision table (wire.md sections 3.7 and 5)."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.ocm.errors import LocalError, OcmError, RemoteError
from meshsim.ocm.token import (
    RECEIVER,
    SENDER,
    TokenAnswer,
    TokenError,
    TokenRequest,
    receiver_choice,
    sender_requirement,
)

FORM = "application/x-www-form-urlencoded"
GOOD = b"grant_type=authorization_code&client_id=beta.example.org&code=s3cret"


def test_a_request_reads_what_it_writes():
    """Values that need escaping included."""
    request = TokenRequest("beta.example.org:8443", "s3+cr/t=&%")

    assert request == TokenRequest.parse(request.form(), FORM)
    assert TokenRequest("beta.example.org", "s3cret") == TokenRequest.parse(GOOD, FORM + "; charset=utf-8")


def test_extra_parameters_are_ignored():
    """OCM-TOK-008"""
    assert TokenRequest.parse(GOOD + b"&redirect_uri=x&scope=", FORM).code == "s3cret"


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (GOOD, "application/json", "invalid_request"),
        (b'{"grant_type": "authorization_code"}', "application/json", "invalid_request"),
        (GOOD, "", "invalid_request"),
        (b"", FORM, "invalid_request"),
        (GOOD.replace(b"grant_type", b"grant"), FORM, "invalid_request"),
        (GOOD.replace(b"client_id", b"client"), FORM, "invalid_request"),
        (GOOD.replace(b"&code=s3cret", b""), FORM, "invalid_request"),
        (GOOD.replace(b"s3cret", b""), FORM, "invalid_request"),
        (GOOD + b"&code=other", FORM, "invalid_request"),
        (GOOD.replace(b"beta", b"https://beta"), FORM, "invalid_request"),
        (GOOD.replace(b"authorization_code", b"client_credentials"), FORM, "unsupported_grant_type"),
        (GOOD.replace(b"s3cret", b"a%00b"), FORM, "invalid_grant"),
        (b"\xff\xfe", FORM, "invalid_request"),
        (b"&".join(b"a%d=1" % n for n in range(200)), FORM, "invalid_request"),
    ],
)
def test_bad_requests_have_the_error_of_oauth(body, kind, error):
    """OCM-TOK-020 to 024, 027"""
    with pytest.raises(TokenError) as refusal:
        TokenRequest.parse(body, kind)

    assert (error, 400) == (refusal.value.error, refusal.value.status)


@pytest.mark.parametrize(
    ("body", "error", "fields"),
    [
        (b"", "invalid_request", "grant_type client_id code"),
        (b"code=x&code=y", "invalid_request", "code grant_type client_id"),
        (b"%22=1&%22=2&client_id=b.example&code=x&grant_type=x", "invalid_request", "a_parameter grant_type"),
        (b"grant_type=x&client_id=://&code=%00", "invalid_request", "client_id grant_type code"),
        (b"grant_type=x&client_id=b.example&code=%00", "unsupported_grant_type", "grant_type code"),
        (GOOD.replace(b"s3cret", b"x" * 5000), "invalid_grant", "code"),
    ],
)
def test_all_that_is_bad_in_a_request_is_named(body, error, fields):
    """In the problems and in the description; the error is that of what weighs most."""
    with pytest.raises(OcmError) as refusal:
        TokenRequest.parse(body, FORM)
    names = [problem.name for problem in refusal.value.problems]

    assert (error, fields.split()) == (refusal.value.error, [name.replace(" ", "_") for name in names])
    assert all(f"{name}: " in refusal.value.description for name in names)
    assert not set('"\\') & set(refusal.value.description)


def test_an_answer_needs_a_bearer_token():
    """The word is compared without case; the lifetime may be missing."""
    assert 60 == TokenAnswer.parse(b'{"access_token":"t","token_type":"bearer","expires_in":60}').expires_in
    assert TokenAnswer.parse(b'{"access_token":"t","token_type":"Bearer"}').expires_in is None
    for bad in (
        b'{"token_type":"Bearer"}',
        b'{"access_token":"t"}',
        b'{"access_token":"","token_type":"Bearer"}',
        b'{"access_token":"a b","token_type":"Bearer"}',
        b'{"access_token":"t","token_type":"mac"}',
        b'{"access_token":"t","token_type":"Bearer","expires_in":-1}',
        b'{"access_token":"t","token_type":"Bearer","expires_in":"60"}',
    ):
        with pytest.raises(OcmError):
            TokenAnswer.parse(bad)


@pytest.mark.parametrize(
    ("demands", "receiver_can", "sender_can", "requirements"),
    [
        (True, True, True, ("must-exchange-token",)),
        (True, True, False, None),
        (True, False, True, None),
        (False, True, True, ()),
        (False, False, True, ()),
        (False, True, False, ()),
    ],
)
def test_what_the_sender_puts_into_requirements(demands, receiver_can, sender_can, requirements):
    """None: it must not share at all (OCM-SHARE-007 to 010)."""
    facts = {"receiver_demands": demands, "receiver_can": receiver_can, "sender_can": sender_can}
    if requirements is None:
        with pytest.raises(LocalError, match="exchange"):
            sender_requirement(**facts)
    else:
        assert requirements == sender_requirement(**facts)


def test_what_the_receiver_does():
    """The table of wire.md section 5; the row that contradicts itself is refused."""
    assert "exchange" == receiver_choice(required=True, sender_can=True)
    assert "try" == receiver_choice(required=False, sender_can=True)
    assert "secret" == receiver_choice(required=False, sender_can=False)
    with pytest.raises(RemoteError):
        receiver_choice(required=True, sender_can=False)


def test_the_tables_are_what_is_decided_by():
    """Docs show the tables; what they do not hold is refused."""
    for facts in product((True, False), repeat=3):
        named = dict(zip(("receiver_demands", "receiver_can", "sender_can"), facts, strict=True))
        if facts in SENDER:
            assert SENDER[facts] == sender_requirement(**named)
        else:
            with pytest.raises(LocalError):
                sender_requirement(**named)
    for required, sender_can in RECEIVER:
        assert RECEIVER[required, sender_can] == receiver_choice(required=required, sender_can=sender_can)


PIECES = st.sampled_from(
    ["", "a", "Z9", "-._~", ":", "%41", "%", "+", "&", "=", "é", "\n", "code=x", "beta.example.org"]
)
FIELDS = st.lists(PIECES, max_size=3).map("".join)


@given(client=FIELDS | st.just("beta.example.org"), code=FIELDS, more=FIELDS)
def test_a_plain_form_means_what_it_means_written_otherwise(client, code, more):
    """Most forms have nothing encoded and are read at once; one more parameter takes the long way."""

    def read(body):
        try:
            return TokenRequest.parse(body, FORM)
        except TokenError as error:
            return error.error, error.description

    form = f"grant_type=authorization_code&client_id={client}&code={code}{more}".encode()

    assert read(form + b"&ignored=1") == read(form)


@given(code=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_any_code_that_is_written_is_read_back(code):
    """Also with characters that mean something in a form."""
    asked = TokenRequest("beta.example.org", code)

    assert asked == TokenRequest.parse(asked.form(), FORM)
