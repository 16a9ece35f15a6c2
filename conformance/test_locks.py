"""Locks of WebDAV (RFC 4918, 6 and 7), where the site says it has them."""

import re

import pytest

from conformance import Unsupported, requirement
from conformance.test_validators import STORED, folder, put

__all__ = ["folder"]

INFO = (
    '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    "<D:locktype><D:write/></D:locktype><D:owner>mia</D:owner></D:lockinfo>"
)


def lock(folder, name):
    """The token of a new lock, and the answer; Unsupported where there are no locks."""
    if not re.search(r"\b2\b", folder("OPTIONS", name).headers.get("dav", "")):
        raise Unsupported("the site has no locks (DAV class 2)")
    answer = folder("LOCK", name, content=INFO, content_type="application/xml", timeout="Second-600")
    found = answer.headers.get("lock-token", "").strip("<> ")

    assert answer.status_code in (200, 201)
    assert found
    return found, answer


@requirement("OCM-DAV-004")
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_locked_is_closed(folder, method):
    """423 for who does not show the token."""
    put(folder, "locked.txt", "one")
    lock(folder, "locked.txt")

    assert 423 == folder(method, "locked.txt").status_code
    assert "one" == folder("GET", "locked.txt").text


@requirement("OCM-DAV-003", "OCM-SHARE-070")
def test_the_token_stands_in_if(folder):
    """Who holds the lock writes with it; Lock-Token is not asked for."""
    put(folder, "locked.txt", "one")
    token, _ = lock(folder, "locked.txt")

    assert folder("PUT", "locked.txt", content="two", **{"if": f"(<{token}>)"}).status_code in STORED
    assert "two" == folder("GET", "locked.txt").text


@requirement("OCM-HTTP-005", "OCM-SHARE-070")
def test_what_is_written_under_a_lock_is_whole(folder):
    """A name is locked before there is a file, as office programs do."""
    token, _ = lock(folder, "new.odt")
    folder("PUT", "new.odt", content="content", **{"if": f"(<{token}>)"})

    assert "content" == folder("GET", "new.odt").text


@requirement("OCM-DAV-005", "OCM-SHARE-070")
def test_a_locked_file_is_moved_with_its_token(folder):
    """The free name it goes to needs none."""
    put(folder, "locked.txt", "one")
    token, _ = lock(folder, "locked.txt")
    there = f"{folder.url}/moved.txt"
    shown = f"<{folder.url}/locked.txt> (<{token}>)"

    assert 201 == folder("MOVE", "locked.txt", destination=there, **{"if": shown}).status_code
    assert "one" == folder("GET", "moved.txt").text


@requirement("OCM-DAV-011")
def test_a_lock_says_how_long_it_lives(folder):
    """Some seconds, or for ever."""
    put(folder, "locked.txt", "one")
    _, answer = lock(folder, "locked.txt")
    found = re.search(r"<[^>]*\btimeout>([^<]*)<", answer.text)

    assert found
    assert re.fullmatch(r"\s*(Infinite|Second-[1-9]\d*)\s*", found[1])
