import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshsim.apis.webdav import credentials

OWN = "/alice/papers"
READING = {"OPTIONS", "GET", "HEAD", "PROPFIND"}
WRITING = {"OPTIONS", "PUT", "MKCOL", "DELETE", "MOVE", "PROPPATCH", "LOCK", "UNLOCK"}
METHODS = sorted(READING | WRITING | {"COPY"})


# What is there and how it is read.


def test_a_file_is_read(dav):
    """With its length, type, tag and time; HEAD says the same without the content."""
    answer, head = dav("GET", "/thesis.txt"), dav("HEAD", "/thesis.txt")

    assert (200, b"0123456789") == (answer.status, answer.body)
    assert ("10", "text/plain") == (answer.headers["content-length"], answer.headers["content-type"])
    assert "Sun, 09 Sep 2001 01:46:40 GMT" == answer.headers["last-modified"]
    assert (200, b"", answer.headers) == (head.status, head.body, head.headers)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.PDF", "application/pdf"),
        ("a.tar.gz", "application/gzip"),
        ("noext", "application/octet-stream"),
        (".txt", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
    ],
)
def test_the_media_type_comes_from_the_name_alone(dav, name, expected):
    """Not from tables of the machine it runs on."""
    dav("PUT", f"/{name}", body=b"%PDF")

    assert expected == dav("GET", f"/{name}").headers["content-type"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "PATCH", "TRACE", "get", "X-Y"])
def test_a_method_that_does_not_fit_is_told_which_do(dav, method):
    """405 with Allow: a folder has no content, and unknown methods are unknown (RFC 9110, 15.5.6)."""
    answer = dav(method, "/deep")

    assert 405 == answer.status
    assert "OPTIONS, PROPFIND, COPY, DELETE, MOVE, PROPPATCH, LOCK, UNLOCK" == answer.headers["allow"]


def test_a_file_and_its_folder_are_listed(dav):
    """Depth 0 is the folder, depth 1 its members too, depth infinity all; a folder's href ends in a slash."""
    base = "/dav/ocm/1/"

    assert [base] == dav("PROPFIND", "", {"depth": "0"}).hrefs()
    assert [base, base + "big.bin", base + "deep/", base + "empty/", base + "thesis.txt"] == dav(
        "PROPFIND", "/", {"depth": "1"}
    ).hrefs()
    assert [base + "deep/", base + "deep/er/", base + "deep/er/note.md"] == dav(
        "PROPFIND", "/deep", {"depth": "Infinity"}
    ).hrefs()
    assert dav("PROPFIND", "/deep").hrefs() == dav("PROPFIND", "/deep", {"depth": "infinity"}).hrefs()


def test_a_tree_too_big_to_walk_is_refused(dav):
    """Also without a Depth header, which means infinity (RFC 4918, 9.1); one level may be of any size."""
    for number in range(1000):
        dav.storage.write(f"/alice/papers/empty/{number}", b"")
    answers = [dav("PROPFIND", "", {}), dav("PROPFIND", "", {"depth": "infinity"})]

    assert [403, 403] == [answer.status for answer in answers]
    assert all(b"propfind-finite-depth" in answer.body for answer in answers)
    assert 1001 == len(dav("PROPFIND", "/empty", {"depth": "1"}).hrefs())
    assert 207 == dav("PROPFIND", "/thesis.txt").status


@pytest.mark.parametrize("depth", ["every", "1,infinity", "-1", "999", "", "0, 0"])
def test_an_odd_depth_is_refused(dav, depth):
    """It is not taken for any of the three that are defined."""
    assert 400 == dav("PROPFIND", "", {"depth": depth}).status


def test_the_tag_is_one_everywhere(dav):
    """PUT, GET, HEAD and PROPFIND give the same quoted value, and a write gives another."""
    seen = []
    for _ in range(2):
        tags = {dav("PUT", "/a.txt", body=b"same").headers["etag"]}
        tags |= {dav(method, "/a.txt").headers["etag"] for method in ("GET", "HEAD")}
        tags.add(dav("PROPFIND", "/a.txt").properties()["/dav/ocm/1/a.txt", "{DAV:}getetag", 200])
        seen.append(tags)

    assert [1, 1] == [len(tags) for tags in seen]
    assert seen[0] != seen[1]
    assert all(tag.startswith('"') and tag.endswith('"') for tag in seen[0])


SIZES = [0, 1, 2, 10, 4095, 4096, 4097, 80_000]


@given(
    st.sampled_from(SIZES),
    st.one_of(
        st.builds("bytes={}-{}".format, st.integers(0, 90_000), st.integers(0, 90_000)),
        st.builds("bytes={}-".format, st.integers(0, 90_000)),
        st.builds("bytes=-{}".format, st.integers(0, 90_000)),
        st.sampled_from(
            [
                "bytes=-",
                "bytes=",
                "bytes=a-b",
                "bytes=0-1,3-4",
                "items=0-1",
                "0-1",
                "bytes=--1",
                "bytes=0-" + "9" * 30,
            ]
        ),
        st.text(max_size=10),
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_range_is_exact_or_refused_or_ignored(new_dav, size, field):
    """206 with just those bytes, 416 with the size, or 200 with all; never other bytes."""
    dav = new_dav()
    data = bytes(range(251)) * 400
    dav.storage.write("/alice/papers/a", data[:size])
    answer = dav("GET", "/a", {"range": field})
    if answer.status == 206:
        unit, _, rest = answer.headers["content-range"].partition(" ")
        span, _, total = rest.partition("/")
        start, end = map(int, span.split("-"))
        assert ("bytes", str(size)) == (unit, total)
        assert data[:size][start : end + 1] == answer.body
        first, _, last = field.removeprefix("bytes=").partition("-")
        assert start == (int(first) if first else max(0, size - int(last)))
        assert end == (min(int(last), size - 1) if first and last else size - 1)
    elif answer.status == 416:
        assert f"bytes */{size}" == answer.headers["content-range"]
        first, _, last = field.removeprefix("bytes=").partition("-")
        assert int(first) >= size if first else not (int(last) and size)
    else:
        assert (200, data[:size]) == (answer.status, answer.body)
        assert "content-range" not in answer.headers
    assert str(len(answer.body)) == answer.headers["content-length"]


def test_a_range_under_a_condition(dav):
    """If-Range with the tag or time of now gives the part, with another the whole (RFC 9110, 13.1.5)."""
    tag, moment = (dav("HEAD", "/thesis.txt").headers[name] for name in ("etag", "last-modified"))

    def status(condition):
        return dav("GET", "/thesis.txt", {"range": "bytes=0-1", "if-range": condition}).status

    assert [206, 206, 200, 200] == [
        status(tag),
        status(moment),
        status('"other"'),
        status("Sun, 09 Sep 2001 01:46:39 GMT"),
    ]


# How it is changed.


def test_a_file_is_written(dav):
    """201 for a new name, 204 for an old one, and the content is there; no body is an empty file."""
    assert [201, 204] == [dav("PUT", "/a b%3F.txt", body=body).status for body in (b"1", b"")]
    assert b"" == dav.content(f"{OWN}/a b?.txt")


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "expected"),
    [
        ("GET", "/none", {}, b"", 404),
        ("PROPFIND", "/none", {}, b"", 404),
        ("DELETE", "/none", {}, b"", 404),
        ("UNLOCK", "/none", {}, b"", 404),
        ("COPY", "/none", {"destination": "/dav/ocm/1/x"}, b"", 404),
        ("PUT", "/none/x", {}, b"1", 409),
        ("PUT", "/thesis.txt/x", {}, b"1", 409),
        ("PUT", "/x", {"content-range": "bytes 0-0/1"}, b"1", 400),
        ("PUT", "/x", {"content-encoding": "gzip"}, b"1", 415),
        ("MKCOL", "/new", {}, b"", 201),
        ("MKCOL", "/new/", {}, b"", 201),
        ("MKCOL", "/deep", {}, b"", 405),
        ("MKCOL", "/thesis.txt", {}, b"", 405),
        ("MKCOL", "", {}, b"", 405),
        ("MKCOL", "/none/x", {}, b"", 409),
        ("MKCOL", "/thesis.txt/x", {}, b"", 409),
        ("MKCOL", "/new", {}, b"<x/>", 415),
        ("LOCK", "/none/x", {}, None, 409),
        ("LOCK", "/thesis.txt", {"depth": "1"}, None, 400),
        ("UNLOCK", "/thesis.txt", {}, b"", 400),
        ("UNLOCK", "/thesis.txt", {"lock-token": "<opaquelocktoken:x>"}, b"", 409),
        ("DELETE", "/deep", {"depth": "0"}, b"", 400),
        ("MOVE", "/deep", {"destination": "/dav/ocm/1/x", "depth": "0"}, b"", 400),
        ("COPY", "/thesis.txt", {}, b"", 400),
        ("COPY", "/thesis.txt", {"destination": "relative"}, b"", 400),
        ("COPY", "/thesis.txt", {"destination": "/dav/ocm/1/none/x"}, b"", 409),
        ("COPY", "/thesis.txt", {"destination": "/dav/ocm/1/big.bin", "overwrite": "F"}, b"", 412),
        ("COPY", "/thesis.txt", {"destination": "/dav/ocm/1/big.bin", "overwrite": "maybe"}, b"", 400),
        ("COPY", "/thesis.txt", {"destination": "/dav/ocm/1/" + "x" * 256}, b"", 400),
        ("MOVE", "/thesis.txt", {"destination": "/dav/ocm/1/" + "x" * 256}, b"", 400),
        ("PUT", "/" + "x" * 256, {}, b"", 400),
        ("MKCOL", "/x" * 200, {}, b"", 400),
    ],
)
def test_what_cannot_be_done_has_its_status(dav, method, path, headers, body, expected):
    """The status says why, never 500; and what did not succeed changed nothing."""
    before = dav.tree()

    assert expected == dav(method, path, headers, dav.bodies[method] if body is None else body).status
    assert expected < 400 or before == dav.tree()


def test_a_write_may_depend_on_what_is_there(dav):
    """If-Match guards a replacement, If-None-Match: * a creation; on failure the old content stays."""
    tag = dav("HEAD", "/thesis.txt").headers["etag"]

    def put(path, **headers):
        return dav(
            "PUT", path, {name.replace("_", "-"): text for name, text in headers.items()}, b"new"
        ).status

    assert [412, 412, 412] == [
        put("/thesis.txt", if_match='"other"'),
        put("/thesis.txt", if_none_match="*"),
        put("/none.txt", if_match="*"),
    ]
    assert b"0123456789" == dav.content(f"{OWN}/thesis.txt")
    assert dav.storage.stat(f"{OWN}/none.txt") is None
    assert [204, 201] == [put("/thesis.txt", if_match=tag), put("/none.txt", if_none_match="*")]


def test_the_same_is_not_sent_twice(dav):
    """304 with the tag and without a body."""
    tag = dav("HEAD", "/thesis.txt").headers["etag"]
    answer = dav("GET", "/thesis.txt", {"if-none-match": tag})

    assert (304, b"", tag) == (answer.status, answer.body, answer.headers["etag"])


@pytest.mark.parametrize("path", ["/thesis.txt", "/deep", ""])
def test_tags_in_the_if_header_count(dav, path):
    """On files and folders, without any lock token."""
    tag = dav("PROPFIND", path, {"depth": "0"}).properties()
    tag = next(text for (_, name, _), text in tag.items() if name == "{DAV:}getetag")

    assert [412, 207] == [
        dav("PROPPATCH", path, {"if": f"([{shown}])"}, dav.bodies["PROPPATCH"]).status
        for shown in ('"other"', tag)
    ]


def test_a_tagged_list_is_about_its_own_resource(dav):
    """By URL or path; one on another host or outside the share has no state here."""
    tag = dav("HEAD", "/big.bin").headers["etag"]
    place = "/dav/ocm/1/big.bin"

    def put(field):
        return dav("PUT", "/thesis.txt", {"if": field}, b"new").status

    assert [204, 204, 412, 412, 412] == [
        put(f"<{place}> ([{tag}])"),
        put(f"<https://alpha.example.org{place}> ([{tag}])"),
        put(f"<https://beta.example.org{place}> ([{tag}])"),
        put(f"</dav/ocm/2/big.bin> ([{tag}])"),
        put(f'<{place}> (["other"])'),
    ]


def test_a_folder_is_copied_with_all_in_it(dav):
    """201 for a new name, 204 over an old one, of which nothing remains; depth 0 is the folder alone."""
    assert [201, 204, 201] == [
        dav("COPY", "/deep", {"destination": "/dav/ocm/1/new"}).status,
        dav("COPY", "/deep", {"destination": "/dav/ocm/1/empty/"}).status,
        dav("COPY", "/deep", {"destination": "/dav/ocm/1/bare", "depth": "0"}).status,
    ]
    dav("COPY", "/empty", {"destination": "/dav/ocm/1/new"})
    tree = dav.tree(OWN)

    assert b"note" == tree[f"{OWN}/deep/er/note.md"] == tree[f"{OWN}/empty/er/note.md"]
    assert b"note" == tree[f"{OWN}/new/er/note.md"]
    assert f"{OWN}/bare/er" not in tree


def test_a_file_is_moved(dav):
    """201 to a new name, 204 over an old one; it is gone where it was."""
    assert [201, 204] == [
        dav("MOVE", "/thesis.txt", {"destination": "/dav/ocm/1/deep/new.txt"}).status,
        dav("MOVE", "/deep/new.txt", {"destination": "/dav/ocm/1/big.bin"}).status,
    ]
    assert b"0123456789" == dav.content(f"{OWN}/big.bin")
    assert [404, 404] == [dav("GET", path).status for path in ("/thesis.txt", "/deep/new.txt")]


NAMES = [
    "\u00fcml\u00e4ut",
    "\u043a\u0438\u0440",
    "100%",
    "a+b c",
    "%41",
    "a?b#c;d=e",
    "a&<b>\"'",
    "\\",
    "a.",
    " ",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_destination_is_decoded_once(dav, name):
    """The names arrive as they are meant, percent signs, plus and all (also in what is listed)."""
    encoded = "".join(f"%{byte:02X}" for byte in name.encode())
    for method, source in (("COPY", "/thesis.txt"), ("MOVE", "/deep")):
        dav(method, source, {"destination": f"/dav/ocm/1/empty/{method}{encoded}"})
    listed = dav("PROPFIND", "/empty", {"depth": "1"}).properties()

    assert [f"COPY{name}", f"MOVE{name}"] == [
        entry.path.rpartition("/")[2] for entry in dav.storage.list(f"{OWN}/empty")
    ]
    assert {"empty", f"COPY{name}", f"MOVE{name}"} == {
        text for (_, tag, _), text in listed.items() if tag == "{DAV:}displayname"
    }
    for href, tag, _ in listed:
        if tag == "{DAV:}displayname":
            assert 207 == dav("PROPFIND", href.removeprefix("/dav/ocm/1"), {"depth": "0"}).status


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("https://alpha.example.org/dav/ocm/1/new", 201),
        ("http://alpha.example.org/dav/ocm/1/new", 201),
        ("HTTPS://ALPHA.example.org:443/dav/ocm/1/new", 201),
        ("/dav/ocm//1/./new", 400),
        ("/dav/ocm//1//new", 201),
        ("/dav/ocm/1/new", 201),
        ("https://alpha.example.org:8443/dav/ocm/1/new", 403),
        ("https://beta.example.org/dav/ocm/1/new", 403),
        ("https://alpha.example.org@beta.example.org/dav/ocm/1/new", 403),
        ("//alpha.example.org/dav/ocm/1/new", 403),
        ("ftp://alpha.example.org/dav/ocm/1/new", 400),
        ("https:///dav/ocm/1/new", 400),
        ("/dav/ocm/2/new", 403),
        ("/dav/ocm/11/new", 403),
        ("/dav/files/alice/new", 403),
        ("/new", 403),
        ("/dav/ocm/1/../2/new", 400),
        ("/dav/ocm/1/%2e%2e/new", 400),
        ("/dav/ocm/1/..%2fnew", 400),
        ("/dav/ocm/1/new?x", 400),
        ("/dav/ocm/1/new#x", 400),
        ("/dav/ocm/1/%ff", 400),
        ("/dav/ocm/1/%00", 400),
    ],
)
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_a_destination_is_in_the_view_or_refused(new_dav, method, destination, expected):
    """The own origin in any spelling; 403 for another server or part of this one."""
    dav = new_dav()
    before = dav.tree()

    assert expected == dav(method, "/thesis.txt", {"destination": destination}).status
    assert (expected == 201) == (before != dav.tree())


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("/thesis.txt", "/thesis.txt"),
        ("/thesis.txt", "/thesis%2Etxt"),
        ("/thesis.txt", "/thesis.txt/"),
        ("/deep", "/deep/"),
        ("/deep", "/deep/er"),
        ("/deep", "/deep/er/in"),
        ("/deep/er", "/deep"),
        ("/deep/er/note.md", "/deep"),
        ("/deep", ""),
        ("/thesis.txt", "/"),
    ],
)
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_nothing_is_put_onto_itself_into_itself_or_around_itself(dav, method, source, target):
    """403 and an unchanged tree, in any spelling."""
    before = dav.tree()

    assert 403 == dav(method, source, {"destination": "/dav/ocm/1" + target}).status
    assert before == dav.tree()


@pytest.mark.parametrize("root", [OWN, "/alice/papers/thesis.txt"])
@pytest.mark.parametrize("method", ["DELETE", "MOVE"])
def test_what_is_shared_cannot_be_taken_away(dav, root, method):
    """The root of a view is its owner's to delete and to move."""
    view = dav.see(root)
    before = dav.tree()

    assert [403, 403] == [dav.ask(method, path, view).status for path in ("", "/")]
    assert before == dav.tree()


def test_a_share_whose_file_is_gone_is_gone(dav):
    """Nobody can bring it back through the share, not even with write permission."""
    for root in (OWN, "/alice/secret.txt"):
        view = dav.see(root)
        dav.storage.delete(root)

        assert [404] * 24 == [dav.ask(method, path, view).status for method in METHODS for path in ("", "/x")]
    assert dav.storage.stat("/alice/secret.txt") is None


# Who may do what.

ALLOWED = {
    (): {"OPTIONS"},
    ("share",): {"OPTIONS"},
    ("read",): READING,
    ("read", "share"): READING,
    ("write",): WRITING,
    ("read", "write"): set(METHODS),
}


@pytest.mark.parametrize("permissions", ALLOWED)
@pytest.mark.parametrize("path", ["/thesis.txt", "/deep", "/none", "/none/x", "/secret.txt"])
def test_a_method_needs_its_permission(new_dav, path, permissions):
    """403 without it, whether or not there is something; and nothing is changed."""
    for method in METHODS:
        dav = new_dav()
        before = dav.tree()
        answer = dav.ask(method, path, dav.see(permissions=permissions))
        allowed = method in ALLOWED[permissions]

        assert allowed == (403 != answer.status), method
        assert 500 > answer.status
        assert allowed or before == dav.tree()


@pytest.mark.parametrize("permissions", ALLOWED)
def test_options_names_what_is_permitted(dav, permissions):
    """Allow and the compliance class follow the permissions and the kind of the resource."""
    view = dav.see(permissions=permissions)
    answers = [dav("OPTIONS", path, view=view) for path in ("/thesis.txt", "/deep", "/none")]
    allowed = [set(answer.headers["allow"].split(", ")) for answer in answers]

    assert [200] * 3 == [answer.status for answer in answers]
    assert allowed == [
        ALLOWED[permissions] - {"MKCOL"},
        ALLOWED[permissions] - {"MKCOL", "GET", "HEAD", "PUT"},
        ALLOWED[permissions] & {"OPTIONS", "PUT", "MKCOL", "LOCK"},
    ]
    assert ("1, 2" if "write" in permissions else "1") == answers[0].headers["dav"]


# What it says of itself.


def test_answers_come_from_the_clock_of_the_site(dav):
    """Dates in headers and properties are of its time, also on errors; nothing is of the machine's."""
    dav.time = 2_000_000_000.0
    dav("PUT", "/new.txt", body=b"")
    found = dav("PROPFIND", "/new.txt").properties()

    assert "2033-05-18T03:33:20Z" == found["/dav/ocm/1/new.txt", "{DAV:}creationdate", 200]
    assert "Wed, 18 May 2033 03:33:20 GMT" == found["/dav/ocm/1/new.txt", "{DAV:}getlastmodified", 200]
    paths = ("/thesis.txt", "/none", "/..")
    answers = [dav.ask(method, path) for path in paths for method in METHODS]
    assert {"Wed, 18 May 2033 03:33:20 GMT"} == {answer.headers["date"] for answer in answers}


def test_the_same_requests_get_the_same_answers(new_dav):
    """Byte for byte, headers too, locks and errors included."""

    def run():
        dav = new_dav()
        paths = ("/thesis.txt", "/deep", "/none", "/none/x", "/%2e%2e", "")
        answers = [dav.ask(method, path) for _ in range(2) for path in paths for method in METHODS]
        return [(answer.status, answer.headers, answer.body) for answer in answers], dav.tree()

    assert run() == run()


def test_a_refusal_repeats_nothing(dav):
    """No path, no version, no owner's folder; a precondition at most."""
    for method in METHODS:
        for path in ("/none/hush", "/thesis.txt/hush", "/hush%00"):
            answer = dav.ask(method, path)
            said = answer.body + repr(answer.headers).encode()
            if answer.status >= 400:
                assert not any(word in said.lower() for word in (b"hush", b"alice", b"wsgi", b"python"))


# Properties.


def test_a_property_is_kept_and_goes_along(dav):
    """It is found by name and by allprop, travels with COPY and MOVE, and is removed."""
    name, place = "{urn:x}color", "/dav/ocm/1/"
    dav("PROPPATCH", "/thesis.txt", {}, dav.bodies["PROPPATCH"])
    dav("COPY", "/thesis.txt", {"destination": place + "copy"})
    dav("MOVE", "/thesis.txt", {"destination": place + "moved"})
    query = b'<propfind xmlns="DAV:"><prop><color xmlns="urn:x"/></prop></propfind>'
    both = dav("PROPFIND", "", {"depth": "1"}, query).properties()
    remove = dav.bodies["PROPPATCH"].replace(b"set>", b"remove>").replace(b">red</x:color", b"></x:color")
    removed = dav("PROPPATCH", "/moved", {}, remove)

    assert ["red", "red"] == [both[place + path, name, 200] for path in ("copy", "moved")]
    assert (place + "big.bin", name, 404) in both
    assert "red" == dav("PROPFIND", "/copy").properties()[place + "copy", name, 200]
    assert 207 == removed.status
    assert (place + "moved", name, 404) in dav("PROPFIND", "/moved", {}, query).properties()


def test_the_names_of_properties_are_listed(dav):
    """`propname` gives live and dead ones without values."""
    dav("PROPPATCH", "/thesis.txt", {}, dav.bodies["PROPPATCH"])
    answer = dav("PROPFIND", "/thesis.txt", {}, b'<propfind xmlns="DAV:"><propname/></propfind>')

    assert {"{urn:x}color", "{DAV:}getetag", "{DAV:}resourcetype"} < {
        name for _, name, _ in answer.properties()
    }
    assert {""} == set(answer.properties().values())


def test_a_language_is_kept(dav):
    """Also where it stands on an element around the property (RFC 4918, 4.3)."""
    dav(
        "PROPPATCH",
        "/thesis.txt",
        {},
        dav.bodies["PROPPATCH"].replace(b"<D:prop>", b'<D:prop xml:lang="de">'),
    )

    assert b'xml:lang="de"' in dav("PROPFIND", "/thesis.txt").body


def test_live_properties_are_protected_and_a_patch_is_all_or_nothing(dav):
    """One that may not be set fails the others with it."""
    body = dav.bodies["PROPPATCH"].replace(b"</x:color>", b"</x:color><D:getetag>x</D:getetag>")
    found = dav("PROPPATCH", "/thesis.txt", {}, body).properties()

    assert {("{urn:x}color", 424), ("{DAV:}getetag", 403)} == {key[1:] for key in found}
    assert {} == dav.storage.properties(f"{OWN}/thesis.txt")


def test_properties_do_not_grow_for_ever(dav):
    """A resource carries 64 KiB of them; more is refused (507) and changes nothing."""
    big = dav.bodies["PROPPATCH"].replace(b"red", b"x" * 40_000)
    first = dav("PROPPATCH", "/thesis.txt", {}, big).properties()
    second = dav("PROPPATCH", "/thesis.txt", {}, big.replace(b"color", b"sound")).properties()

    assert [{200}, {507}] == [{key[2] for key in found} for found in (first, second)]
    assert ["{urn:x}color"] == list(dav.storage.properties(f"{OWN}/thesis.txt"))


# Credentials.


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Bearer abc.def-_~+/==", ("bearer", "abc.def-_~+/==")),
        ("bearer  abc", ("bearer", "abc")),
        ("Basic czNjcmV0LTAwMDE6", ("basic", "s3cret-0001", "")),
        (basic("user:pass:word"), ("basic", "user", "pass:word")),
        (basic("us\u00e9r:p"), ("basic", "us\u00e9r", "p")),
        (basic(":"), None),
        (basic("nocolon"), None),
        ("Basic !!!!", None),
        ("Basic YQ", None),
        ("Basic " + base64.b64encode(b"\xff:\xff").decode(), None),
        ("Bearer", None),
        ("Bearer ", None),
        ("Bearer a b", None),
        ("Bearer a, Bearer b", None),
        ("Bearer a\n", ("bearer", "a")),
        ("Digest a", None),
        ("", None),
    ],
)
def test_credentials_are_read_strictly(field, expected):
    """Malformed, doubled and empty ones are none at all."""
    assert expected == credentials({"authorization": field})
    assert credentials({}) is None


@given(st.text())
def test_any_authorization_is_read_or_none(text):
    """No header makes the parser fail."""
    found = credentials({"authorization": text})

    assert found is None or found[0] in ("bearer", "basic")
