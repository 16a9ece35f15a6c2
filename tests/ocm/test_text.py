"""Rules for single values: each gives a reason or nothing."""

import pytest

from meshsim.ocm import text

CASES = [
    (
        text.identifier,
        ["a", "ü" * 1024, "a b@c/d", "\u200b"],
        ["", "a\x00", "\n", "\x85", "\ud800", "a" * 1025],
    ),
    (text.label, ["", "Ünï code"], ["\x7f", "a" * 1025]),
    (text.secret, ["s3cret", "a.b-c_d~+/=", "x" * 4096], ["", "a b", "ü", "a\n", "x" * 4097]),
    (text.address, ["a@b.example", "a@b@c.example:1"], ["a", "a@", "a@https://b", "a@b/c"]),
    (text.host, ["b.example", "b.example:80", "[::1]"], ["", "https://b", "b/c", "b c"]),
    (
        text.url,
        ["https://b.example/x?y=z", "http://localhost:80", "https://[::1]:9/x"],
        [
            *("", "b.example", "ftp://b.example", "https://", "https://u:p@b.example", "//b.example"),
            *("https://b.example/#x", "javascript:alert(1)", "https://b.example/" + "x" * 5000),
            *(
                "https://b.example/ x",
                "https://b.example/ü",
                "https://b.example/%zz",
                "https://b.example/\x00",
            ),
            *(
                "https://b.example\\@evil.example/",
                "HTTPS:b.example",
                "https://b.example:0/",
                "https://0x7f.1/",
            ),
        ],
    ),
    (text.not_negative, [0, 1, 2**53 - 1], [-1, 2**53, 10**50]),
    (text.prose, ["", "two\nlines", "x" * 65536], ["\x00", "x" * 65537]),
    (text.path, ["/", "/a/b?c=d", "/%20"], ["", "a", "//b.example", "/a b", "/\\b", "/ü", "/a#b", "/%zz"]),
    (
        text.below,
        ["a", "/a/b", "a b", "ü", "a%20b", "a..b", "..."],
        ["", "/", "..", "%2e%2e%2fa", "a//b", "\x00"],
    ),
    (text.some_of(("read", "write")), [("read",), ("write", "read")], [(), ("read", "fly")]),
]


@pytest.mark.parametrize(("rule", "value"), [(rule, v) for rule, good, _ in CASES for v in good])
def test_good_values_have_no_reason(rule, value):
    """Nothing is refused that the draft allows."""
    assert rule(value) is None


@pytest.mark.parametrize(("rule", "value"), [(rule, v) for rule, _, bad in CASES for v in bad])
def test_bad_values_have_a_short_reason(rule, value):
    """Short enough to be sent back, and without the whole value in it."""
    reason = rule(value)

    assert reason
    assert len(reason) < 200
