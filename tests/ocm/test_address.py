"""OCM Addresses: everything before the last "@" is the user, and only the host is normalised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.errors import OcmError

GOOD = [
    ("al@alpha.example.org", "al", "alpha.example.org"),
    ("a@b.example@c.example", "a@b.example", "c.example"),
    ("@@c.example", "@", "c.example"),
    ("Al@Alpha.Example.ORG", "Al", "alpha.example.org"),
    ("al@c.example:8443", "al", "c.example:8443"),
    ("al@c.example:443", "al", "c.example"),
    ("al@127.0.0.1:9000", "al", "127.0.0.1:9000"),
    ("al@[::1]:9000", "al", "[::1]:9000"),
    ("al@[2001:DB8:0:0::1]", "al", "[2001:db8::1]"),
    ("al@localhost", "al", "localhost"),
    ("al@xn--bcher-kva.example", "al", "xn--bcher-kva.example"),
    ("Ünïcode name+tag@c.example", "Ünïcode name+tag", "c.example"),
    ("YWxAYg==@c.example", "YWxAYg==", "c.example"),
]

BAD = [
    "",
    "al",
    "@c.example",
    "al@",
    "al@https://c.example",
    "al@c.example/sub",
    "al@c.example:0",
    "al@c.example:65536",
    "al@c.example:http",
    "al@c.example:",
    "al@c..example",
    "al@.example",
    "al@-c.example",
    "al@c example",
    "al@bücher.example",
    "al@1.2.3",
    "al@127.1",
    "al@01.2.3.4",
    "al@0x7f000001",
    "al@c.example.0x1",
    "al@c.example.",
    "al@c.example:+80",
    "al@c.example:٣",
    "al@c.example:8 0",
    "al@[::1]x",
    "al@u:p@",
    "al@exam\u212ale.example",  # a Kelvin sign, which is "k" in lower case
    "a\x85l@c.example",
    "al@256.1.1.1",
    "al@[::1",
    "al@[::1%eth0]",
    "al@[nonsense]",
    "al@::1",
    "a\x00l@c.example",
    "a\nl@c.example",
    "a\ud800@c.example",
    "al@" + "c" * 64 + ".example",
    "al@" + "c." * 200 + "example",
    "a" * 1025 + "@c.example",
]


@pytest.mark.parametrize(("text", "user", "host"), GOOD)
def test_an_address_is_split_at_the_last_at(text, user, host):
    """The user is kept as it is, case included (OCM-ADDR-001, 002)."""
    assert OcmAddress(user, host) == OcmAddress.parse(text)
    assert OcmAddress.parse(text) == OcmAddress.parse(str(OcmAddress.parse(text)))


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address_is_refused_with_a_reason(text):
    """Neither scheme nor path, and a host that could be one (OCM-ADDR-006, 007)."""
    with pytest.raises(OcmError) as refusal:
        OcmAddress.parse(text)

    assert refusal.value.message


def test_case_tells_users_apart_and_not_hosts():
    """Two identifiers that differ in case are two people."""
    assert OcmAddress.parse("al@c.example") != OcmAddress.parse("AL@c.example")
    assert OcmAddress.parse("al@c.example") == OcmAddress.parse("al@C.EXAMPLE")


@given(st.text(), st.sampled_from(["c.example", "c.example:8443", "[::1]", "10.0.0.1:80"]))
def test_any_user_is_opaque(user, host):
    """Whatever stands before the last "@" is one identifier, or refused whole."""
    try:
        address = OcmAddress.parse(f"{user}@{host}")
    except OcmError:
        return

    assert (user, host) == (address.user, address.host)


@given(st.text(max_size=40))
def test_a_host_that_is_taken_stays_what_it_is(text):
    """Normalising twice changes nothing."""
    try:
        host = parse_host(text)
    except OcmError:
        return

    assert host == parse_host(host)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("al@c.example", "al"),
        ("al@c.example@c.example", "al"),
        ("al@https://c.example", "al"),
        ("al@C.Example", "al"),
        ("al@idp.example", "al@idp.example"),
        ("@c.example", "@c.example"),
        ("al@", "al@"),
    ],
)
def test_a_host_that_is_said_twice_means_the_same_person(said, meant):
    """oCIS and OpenCloud put their host into the identifier; another's host belongs to it."""
    address = OcmAddress(said, "c.example")

    assert OcmAddress(meant, "c.example") == address.person == address.person.person
    assert f"{said}@c.example" == str(address)
