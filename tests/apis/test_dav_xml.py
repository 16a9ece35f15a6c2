"""XML that is sent to a view: broken, hostile, or too much of it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BOMB = b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;">]>'
EXTERNAL = b'<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BAD_XML = [
    b"<",
    b"text",
    b"\xff\xff",
    b"<a/>",
    b'<D:propfind xmlns:D="DAV:"/>',
    b'<D:propfind xmlns:D="DAV:"><D:prop/><D:allprop/></D:propfind>',
    b'<D:propfind xmlns:D="DAV:"><D:other/></D:propfind>',
    b'<propfind xmlns="DAV:"><prop><bad:name xmlns:bad=""/></prop></propfind>',
    BOMB + b'<D:propfind xmlns:D="DAV:"><D:prop>&c;</D:prop></D:propfind>',
    EXTERNAL + b'<D:propfind xmlns:D="DAV:"><D:prop><D:a>&a;</D:a></D:prop></D:propfind>',
    (EXTERNAL + b'<propfind xmlns="DAV:"><allprop/></propfind>').decode().encode("utf-16"),
    b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x+AD4-<propfind/>',
    b"<a>" * 100_000,
    b'<D:propfind xmlns:D="DAV:"><D:prop>'
    + b"".join(b"<D:p%d/>" % number for number in range(300))
    + b"</D:prop></D:propfind>",
]


@pytest.mark.parametrize("body", BAD_XML)
@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "LOCK"])
def test_bad_xml_is_refused(dav, method, body):
    """Broken, of another kind, with entities or a DTD in any encoding, or asking for too much."""
    answer = dav(method, "/thesis.txt", {"depth": "0"}, body)

    assert (400, b"") == (answer.status, answer.body)


@pytest.mark.parametrize("method", ["PROPFIND", "PROPPATCH", "LOCK", "DELETE"])
def test_a_body_too_big_is_refused(dav, method):
    """More XML than a mebibyte is not even looked at."""
    assert 413 == dav(method, "/thesis.txt", {}, b" " * (1 << 20) + b" ").status


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_is_understood_or_refused(new_dav, body):
    """No bytes make a method that takes XML fail in another way."""
    dav = new_dav()

    assert {400, 207} >= {dav("PROPFIND", "", {"depth": "0"}, body).status}
    assert {400} >= {dav(method, "/thesis.txt", {}, body).status for method in ("PROPPATCH", "LOCK") if body}


def test_utf_16_is_understood(dav):
    """Every processor of XML must take it (RFC 4918, 8.2)."""
    body = '<?xml version="1.0" encoding="utf-16"?><propfind xmlns="DAV:"><propname/></propfind>'

    assert 207 == dav("PROPFIND", "", {"depth": "0"}, body.encode("utf-16")).status
