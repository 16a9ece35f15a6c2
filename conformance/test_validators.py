"""Conditions, ranges and names in WebDAV: what RFC 4918 and RFC 9110 have for every access to a share."""

import re
import unicodedata

import pytest

from conformance import Blocked, requirement
from conformance.test_webdav import PATH, given

STORED = (200, 201, 204)
STALE = '"stale-0123456789"'


@pytest.fixture
def folder(user, peer):
    """A folder of the site that may be written: how to send a request inside it."""
    url, secret = given(user, peer, PATH, permissions=["read", "write"])

    def ask(method, name="", **headers):
        return peer.dav(method, f"{url.rstrip('/')}/{name}" if name else url, secret, **headers)

    ask.url = url.rstrip("/")
    return ask


def put(folder, name, content, **headers):
    """Store a file that is needed first; Blocked if that does not go."""
    answer = folder("PUT", name, content=content, **headers)
    if answer.status_code not in STORED:
        raise Blocked(f"the site does not store a file: {answer!r}")


def tag(folder, name):
    """The entity tag of a file; Blocked if it has none."""
    found = folder("GET", name).headers.get("etag")
    if not found:
        raise Blocked("the site gives no ETag")
    return found


def prop(folder, name, prop):
    """A property by PROPFIND, as it stands in the XML."""
    found = re.search(rf"<[^>]*\b{prop}>(.*?)</", folder("PROPFIND", name).text)
    return found and found[1].replace("&quot;", '"').replace("&#34;", '"')


@requirement("OCM-HTTP-001", "OCM-DAV-012")
def test_there_is_one_entity_tag(folder):
    """In quotes, and the same in GET, HEAD and PROPFIND."""
    put(folder, "tag.txt", "one")
    found = tag(folder, "tag.txt")

    assert re.fullmatch(r'(W/)?"[^"]*"', found)
    assert found == folder("HEAD", "tag.txt").headers.get("etag")
    assert found == prop(folder, "tag.txt", "getetag")


@requirement("OCM-HTTP-002")
def test_no_update_is_lost(folder):
    """Two write with the same entity tag; the second learns of the first."""
    put(folder, "both.txt", "zero")
    seen = tag(folder, "both.txt")
    first = folder("PUT", "both.txt", content="one", if_match=seen)
    second = folder("PUT", "both.txt", content="two", if_match=seen)

    assert first.status_code in STORED
    assert 412 == second.status_code
    assert "one" == folder("GET", "both.txt").text


@requirement("OCM-HTTP-003")
@pytest.mark.parametrize("coding", ["identity", "gzip, br"])
def test_the_tag_of_a_read_is_good_for_a_write(folder, coding):
    """However the answer was coded."""
    put(folder, "coded.txt", "zero " * 500)
    seen = folder("GET", "coded.txt", accept_encoding=coding).headers.get("etag", "")

    assert folder("PUT", "coded.txt", content="one", if_match=seen).status_code in STORED


@requirement("OCM-DAV-001")
def test_an_entity_tag_in_if_is_looked_at(folder):
    """A stale one gives 412."""
    put(folder, "if.txt", "one")
    answer = folder("PUT", "if.txt", content="two", **{"if": f"([{STALE}])"})

    assert (412, "one") == (answer.status_code, folder("GET", "if.txt").text)


@requirement("OCM-DAV-002", "OCM-SHARE-070")
def test_an_entity_tag_alone_in_if_is_enough(folder):
    """No lock token is needed where nothing is locked."""
    put(folder, "if.txt", "one")
    condition = f"([{tag(folder, 'if.txt')}])"

    assert folder("PUT", "if.txt", content="two", **{"if": condition}).status_code in STORED


@requirement("OCM-HTTP-004")
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("bytes=2-4", (206, "234")), ("bytes=-3", (206, "789")), ("bytes=7-99", (206, "789"))],
)
def test_a_range_has_its_octets(folder, wanted, expected):
    """206 with just these, or 200 with all."""
    put(folder, "range.txt", "0123456789")
    answer = folder("GET", "range.txt", range=wanted)

    assert (answer.status_code, answer.text) in (expected, (200, "0123456789"))


@requirement("OCM-HTTP-004")
@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-120"])
def test_a_range_beyond_the_end(folder, wanted):
    """416, or 200 with all; never 5xx or other octets."""
    put(folder, "range.txt", "0123456789")
    answer = folder("GET", "range.txt", range=wanted)

    assert answer.status_code == 416 or (200, "0123456789") == (answer.status_code, answer.text)


@requirement("OCM-DAV-009")
@pytest.mark.parametrize("depth", ["every", "1,infinity", "-1", "999"])
def test_an_odd_depth_is_refused(folder, depth):
    """400."""
    assert 400 == folder("PROPFIND", depth=depth).status_code


@requirement("OCM-DAV-010")
@pytest.mark.parametrize("method", ["PUT", "MKCOL"])
def test_a_missing_folder_is_a_conflict(folder, method):
    """409."""
    assert 409 == folder(method, "not/there").status_code


@requirement("OCM-DAV-006", "OCM-SHARE-070")
@pytest.mark.parametrize("form", ["absolute", "path"])
def test_a_destination_has_two_forms(folder, form):
    """A URI of this server, or its path."""
    put(folder, "from.txt", "x")
    there = f"{folder.url}/to.txt"
    where = there if form == "absolute" else "/" + there.split("/", 3)[3]

    assert 201 == folder("COPY", "from.txt", destination=where).status_code
    assert "x" == folder("GET", "to.txt").text


@requirement("OCM-DAV-007", "OCM-SHARE-070")
def test_a_destination_is_decoded_once(folder):
    """A percent sign in a name stays one."""
    put(folder, "from.txt", "x")
    folder("COPY", "from.txt", destination=f"{folder.url}/100%2525.txt")

    assert (200, "x") == ((answer := folder("GET", "100%2525.txt")).status_code, answer.text)


@requirement("OCM-DAV-007", "OCM-HTTP-005")
@pytest.mark.parametrize(
    "name", ["a%20b%2Bc.txt", "50%25.txt", "%23hash.txt", "na%3Fme.txt", "%C3%BC%F0%9F%90%8C"]
)
def test_a_name_is_decoded_once(folder, name):
    """Spaces, percent signs, umlauts: what was written is found, and nothing else."""
    put(folder, name, "here")

    assert (200, "here") == ((answer := folder("GET", name)).status_code, answer.text)
    assert name.upper().replace("%2B", "+") in folder("PROPFIND", depth="1").text.upper().replace("%2B", "+")


@requirement("OCM-HTTP-005", "OCM-SHARE-070")
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_with_accents_is_found_again(folder, form):
    """Composed or not."""
    from urllib.parse import quote

    name = quote(unicodedata.normalize(form, "résumé.txt"))
    put(folder, name, "here")

    assert "here" == folder("GET", name).text


@requirement("OCM-DAV-008")
@pytest.mark.parametrize("method", ["MOVE", "COPY"])
def test_nothing_is_put_into_itself(folder, method):
    """403, and the content is as it was."""
    put(folder, "self.txt", "x")
    answer = folder(method, "self.txt", destination=f"{folder.url}/self.txt")

    assert 403 == answer.status_code
    assert "x" == folder("GET", "self.txt").text


@requirement("OCM-DAV-013")
@pytest.mark.parametrize("method", ["MOVE", "DELETE"])
def test_the_root_of_a_share_stays(folder, method):
    """It is the owner's."""
    answer = folder(method, destination=f"{folder.url}-elsewhere")

    assert answer.status_code >= 400
    assert 207 == folder("PROPFIND").status_code


@requirement("OCM-SEC-003")
def test_entities_in_xml_are_refused(folder):
    """A document type with entities that grow."""
    bomb = '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    query = (
        f'<?xml version="1.0"?>{bomb}<D:propfind xmlns:D="DAV:"><D:prop><D:x>&b;</D:x></D:prop></D:propfind>'
    )
    answer = folder("PROPFIND", content=query, content_type="application/xml")

    assert 400 <= answer.status_code < 500


@requirement("OCM-SHARE-070")
def test_what_may_only_be_written_is_not_read(user, peer):
    """A place to drop files has no right to read them."""
    from conformance import Unsupported

    share = {"permissions": ["write"]}
    if user.tries("share", PATH, peer.address, share) is not None:
        raise Unsupported("the site has no shares without read")
    user.link.settle()
    url, secret = user.site.access(peer.posts("shares")[-1])

    assert peer.dav("GET", f"{url.rstrip('/')}/review.md", secret).status_code in (401, 403, 405)
