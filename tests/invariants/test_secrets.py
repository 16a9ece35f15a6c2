"""Where secrets looks, and how well they may be hidden from it."""

from urllib.parse import quote, urlencode

import pytest

from meshsim import plugins
from meshsim.site.records import INVITATIONS, SENT_SHARES
from meshsim.wire import Request

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def asked(honest):
    """The verdict after somebody asked alpha for a path."""

    def asked(path, **headers):
        honest.run(honest.fabric.port(BETA).send(Request("GET", f"https://{ALPHA}{path}", headers)))
        return plugins.load("invariants", "secrets")()(honest.facts())

    return asked


@pytest.fixture
def session(honest):
    """Bob's password and session, once he has signed in."""
    password = honest.people(BETA).password("bob")
    form = urlencode({"user": "bob", "password": password, "next": "/"}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = honest.run(
        honest.fabric.port("browser").send(Request("POST", f"https://{BETA}/signin", headers, form))
    )
    return password, answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


@pytest.mark.parametrize("form", ["/{0}", "/{0}.txt", "/x?a={0}&b=1", "/x?next={1}", "/x;a={0}/y"])
def test_a_secret_is_found_however_it_is_written(form, honest, asked):
    """In a path, with an ending, as a parameter, or escaped inside another URL."""
    secret = next(honest.store(ALPHA).rows(SENT_SHARES)).secret
    twice = quote(quote(f"/y?z={secret}&a=1", safe=""), safe="")

    assert "a secret in its URL" in asked(form.format(secret, twice)).reason


@pytest.mark.parametrize("which", [0, 1])
def test_passwords_and_sessions_are_secrets(which, session, asked):
    """Whoever has one is whom it belongs to."""
    assert asked("/x").ok
    assert "a secret in its URL" in asked(f"/x?p={session[which]}").reason


def test_an_invites_token_is_in_its_link_and_nowhere_else(honest, asked):
    """The page it leads to must not repeat it to others."""
    token = next(honest.store(ALPHA).rows(INVITATIONS)).token

    assert asked(f"/wayf?token={token}&providerDomain={ALPHA}").ok
    assert "referer" in asked("/x", referer=f"https://{ALPHA}/wayf?token={token}").reason


def test_short_words_accuse_nobody(honest):
    """A password of three letters also stands in names."""
    form = Request(
        "POST",
        f"https://{BETA}/signin",
        {"content-type": "application/x-www-form-urlencoded"},
        b"password=ocm",
    )
    honest.run(honest.fabric.port("browser").send(form))

    assert plugins.load("invariants", "secrets")()(honest.facts()).ok


@pytest.mark.parametrize("table", [SENT_SHARES, INVITATIONS])
def test_what_people_read_tells_no_secret(table, honest):
    """Neither a log nor the report, and the verdict does not repeat it either."""
    row = next(honest.store(ALPHA).rows(table))
    secret = row.secret if table == SENT_SHARES else row.token
    judge = plugins.load("invariants", "secrets")()
    found = judge(honest.facts(["all is well", f"could not call {BETA}: Bearer {secret}"]))

    assert "a secret in a line of log or report" == found.reason
    assert judge(honest.facts(["all is well"])).ok
