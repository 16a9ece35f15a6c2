"""Invite strings and links (wire.md section 7)."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.ocm import document
from meshsim.ocm.errors import OcmError
from meshsim.ocm.invite import Acceptance, Identity, Invite

VECTORS = [
    (
        "9f2c1d7e-5b7a-4c11-8f0e-2d6a4be0c311",
        "alpha.example.org",
        "OWYyYzFkN2UtNWI3YS00YzExLThmMGUtMmQ2YTRiZTBjMzExQGFscGhhLmV4YW1wbGUub3Jn",
    ),
    ("tok@en-42", "alpha.example.org:8443", "dG9rQGVuLTQyQGFscGhhLmV4YW1wbGUub3JnOjg0NDM"),
    (">>>???", "alpha.example.org", "Pj4-Pz8_QGFscGhhLmV4YW1wbGUub3Jn"),
]


@pytest.mark.parametrize(("token", "provider", "string"), VECTORS)
def test_the_vectors_read_and_write(token, provider, string):
    """base64url without padding is written; padding and the standard alphabet are read, too."""
    invite = Invite(token, provider)

    assert string == invite.string
    assert invite == Invite.parse(string)
    assert invite == Invite.parse(string + "=" * (-len(string) % 4))
    assert invite == Invite.parse(b64encode(f"{token}@{provider}".encode()).decode())
    assert invite == Invite.parse(f"  {string}\n")


@given(st.text(min_size=1, max_size=50), st.sampled_from(["a.example", "b.example:8443", "[::1]:9"]))
def test_strings_and_links_carry_any_token(token, provider):
    """What goes in comes out, whatever the token is made of, or the token is refused."""
    try:
        invite = Invite.of(token, provider)
    except OcmError:
        return

    assert invite == Invite.parse(invite.string)
    assert invite == Invite.from_link(invite.link("https://a.example/wayf?x=1"))


def encoded(text):
    return urlsafe_b64encode(text).decode()


@pytest.mark.parametrize(
    "string",
    [
        *("", "====", "no base64!", "a", encoded(b"no at sign"), encoded(b"@a.example"), encoded(b"tok@")),
        *(encoded(b"tok@https://a.example"), encoded(b"\xff@a.example"), encoded(b"t\x00k@a.example")),
        *("x" * 5000, encoded(b"tok@a.example/path")),
    ],
)
def test_junk_is_refused_here(string):
    """Without any call to anybody (OCM-INV-076)."""
    with pytest.raises(OcmError):
        Invite.parse(string)


@pytest.mark.parametrize(
    "query",
    [
        *("", "token=a", "providerDomain=a.example", "token=&providerDomain=a.example"),
        *("token=a&token=b&providerDomain=a.example", "token=a&providerDomain=https://a.example"),
        "&".join(f"x{n}=1" for n in range(100)),
    ],
)
def test_links_without_token_and_provider_are_refused(query):
    """Neither is guessed."""
    with pytest.raises(OcmError):
        Invite.from_link(f"https://a.example/accept?{query}")


def test_an_acceptance_names_what_it_lacks():
    """All five members are required, and the provider is a name, not a URL (OCM-INV-013 to 017, 024)."""
    with pytest.raises(OcmError) as refusal:
        document.convert({"recipientProvider": "https://b.example"}, Acceptance)

    assert {"recipientProvider", "token", "userID", "email", "name"} == {
        problem.name for problem in refusal.value.problems
    }
    told = {"recipientProvider": "B.example", "token": "t", "userID": "u", "email": "", "name": ""}
    assert "b.example" == document.convert(told, Acceptance).host


def test_an_identity_has_three_members():
    """userID, email and name (OCM-INV-041 to 043)."""
    told = {"userID": "al", "email": "al@x.example", "name": "Al"}

    assert Identity("al", "al@x.example", "Al") == document.convert(told, Identity)
    assert told == document.plain(Identity("al", "al@x.example", "Al"))
