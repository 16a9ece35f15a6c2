"""What cannot be reached through a view, however it is spelt."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshsim.apis._dav_view import Refusal, segments

OWN = "/alice/papers"
METHODS = [
    "OPTIONS",
    "GET",
    "HEAD",
    "PROPFIND",
    "PUT",
    "MKCOL",
    "DELETE",
    "COPY",
    "MOVE",
    "PROPPATCH",
    "LOCK",
    "UNLOCK",
]

ESCAPES = [
    "/../secret.txt",
    "/..",
    "/./../secret.txt",
    "/%2e%2e/secret.txt",
    "/%2E%2e/secret.txt",
    "/.%2e/secret.txt",
    "/%2e/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/deep%2f..%2f..%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/%c0%ae%c0%ae/secret.txt",
    "/%e0%80%ae%e0%80%ae/secret.txt",
    "/..%c0%afsecret.txt",
    "/%u002e%u002e/secret.txt",
    "/..;/secret.txt",
    "/..%00/secret.txt",
    "/thesis.txt%00/../../secret.txt",
    "/...//secret.txt",
    "/.../secret.txt",
    "/../papers2/secret.txt",
    "2/secret.txt",
    "/../../alice/secret.txt",
    "//alice/secret.txt",
    "///secret.txt",
    "/%2falice%2fsecret.txt",
    "/~alice/secret.txt",
    "/secret.txt",
    "/deep/../../secret.txt",
    "/thesis.txt/../../secret.txt",
    "/\uff0e\uff0e/secret.txt",
    "/%EF%BC%8E%EF%BC%8E/secret.txt",
    "/\u2025/secret.txt",
    "/%ed%a0%80/secret.txt",
    "/\ud800/secret.txt",
    "/%",
    "/%2",
    "/%zz",
    "/%2e%2e?/secret.txt",
]


def outside(dav):
    return {path: data for path, data in dav.tree().items() if not path.startswith(OWN + "/") and path != OWN}


@pytest.mark.parametrize("path", ESCAPES)
def test_no_spelling_leaves_the_share(dav, path):
    """What is outside is neither shown, nor told of, nor changed, and the server does not stumble."""
    before = outside(dav)
    for method in METHODS:
        answer = dav.ask(method, path)

        assert b"CANARY" not in answer.body
        assert answer.status < 500
        assert before == outside(dav)
        assert method not in ("GET", "HEAD", "PROPFIND") or answer.status in (400, 404)


@pytest.mark.parametrize("path", ESCAPES)
def test_no_destination_leaves_the_share(dav, path):
    """Neither is anything written where only the header could lead."""
    before = outside(dav)
    for method in ("COPY", "MOVE"):
        answer = dav(method, "/thesis.txt", {"destination": "/dav/ocm/1" + path})

        assert answer.status < 500
        assert before == outside(dav)


TRICKS = [
    "/",
    "//",
    ".",
    "..",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "\\",
    "%252e",
    "%00",
    "%c0%ae",
    "%ff",
    ";",
    "?",
    "#",
]
PARTS = [
    "deep",
    "er",
    "secret.txt",
    "papers",
    "papers2",
    "alice",
    "thesis.txt",
    "dav",
    "ocm",
    "1",
    "https:",
    "x",
]
PIECES = st.sampled_from(TRICKS + PARTS)
PATHS = st.lists(PIECES, max_size=12).map("".join)


@given(st.sampled_from(METHODS), PATHS, PATHS, st.sampled_from([OWN, OWN + "/thesis.txt", OWN + "/deep"]))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_reaches_outside(new_dav, method, path, destination, root):
    """Whatever the path and the Destination are made of."""
    dav = new_dav()
    view = dav.see(root)
    before = {
        place: data
        for place, data in dav.tree().items()
        if not place.startswith(root + "/") and place != root
    }
    answer = dav.ask(method, path, view, destination=destination)
    after = {
        place: data
        for place, data in dav.tree().items()
        if not place.startswith(root + "/") and place != root
    }

    assert b"CANARY" not in answer.body
    assert answer.status < 500
    assert before == after


@pytest.mark.parametrize("path", ["/thesis.txt", "/x", "/x/y", "//x", "/thesis.txt/"])
def test_a_shared_file_has_nothing_below_it(dav, path):
    """404 for any child; a gateway that answered with the file itself would hide mistakes in paths."""
    view = dav.see("/alice/papers/thesis.txt")

    assert [404] * len(METHODS) == [dav.ask(method, path, view).status for method in METHODS]


@pytest.mark.parametrize("path", ["", "/", "//"])
def test_a_shared_file_is_at_its_mount(dav, path):
    """With or without a slash, to read, list and write; it is listed without one."""
    view = dav.see("/alice/papers/thesis.txt")

    assert b"0123456789" == dav("GET", path, view=view).body
    for depth in ("0", "1", "infinity"):
        assert ["/dav/ocm/1"] == dav("PROPFIND", path, {"depth": depth}, view=view).hrefs()
    assert 204 == dav("PUT", path, body=b"new", view=view).status
    assert b"new" == dav.content("/alice/papers/thesis.txt")


def test_slashes_too_many_say_nothing(dav):
    """A prefix with a slash at its end, joined to an identifier by another, is met in the field."""
    view = dav.see(mount="/dav/ocm//1")

    assert 200 == dav("GET", "//thesis.txt", view=view).status


def test_a_request_outside_its_mount_finds_nothing(dav):
    """The face that chose the view chose by the same URL; if not, nothing is shown."""
    assert 404 == dav("GET", "1/thesis.txt").status


@pytest.mark.parametrize(
    "path",
    [
        "/a/../b",
        "/a/.",
        "/%2e%2E",
        "/a%2fb",
        "/a%00",
        "/a%0a",
        "/%",
        "/%4",
        "/%zz",
        "/%ff",
        "/%c0%ae",
        "/\ud800",
    ],
)
def test_a_path_is_refused_before_storage_sees_it(path):
    """Storage would refuse most of them, too; one of the two is enough."""
    with pytest.raises(Refusal) as refused:
        segments(path)

    assert 400 == refused.value.status


def test_a_path_is_decoded_once():
    """Empty segments say nothing; an encoded percent sign stays one."""
    assert ("a b", "%2e%2e", "\u00fc", "\\") == segments("//a%20b/%252e%252e//%C3%BC/%5c/")


def test_a_fragment_is_refused(dav):
    """Cut off, it would make a DELETE hit another resource than the client wrote."""
    assert 400 == dav("DELETE", "/deep/#er").status
    assert dav.storage.stat(f"{OWN}/deep") is not None
