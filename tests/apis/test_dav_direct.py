"""The direct answers and wsgidav's are the same."""

from xml.etree import ElementTree

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshsim.apis import _dav_wsgidav as wsgidav
from meshsim.apis import _dav_xml as xml

MOUNT = "/dav/ocm/1"
NAMES = st.sampled_from(["a", "b c", "\u00fc.txt", "d", "e?&<.md", "%41"])
PLACES = st.lists(NAMES, max_size=2).map(lambda names: "".join("/" + name for name in names))
SEEN = ("content-type", "content-length", "etag", "last-modified", "accept-ranges")
PROPERTIES = st.sampled_from(
    [
        "{DAV:}resourcetype",
        "{DAV:}creationdate",
        "{DAV:}getcontentlength",
        "{DAV:}getcontenttype",
        "{DAV:}getlastmodified",
        "{DAV:}displayname",
        "{DAV:}getetag",
        "{DAV:}lockdiscovery",
        "{DAV:}supportedlock",
        "{DAV:}getcontentlanguage",
        "{DAV:}quota-available-bytes",
        "{DAV:}invented",
        "{urn:x}color",
        "{urn:x}other",
        "plain",
    ]
)
QUERIES = st.one_of(
    st.just(xml.Query("allprop")),
    st.just(xml.Query("propname")),
    st.lists(PROPERTIES, min_size=1, max_size=5, unique=True).map(
        lambda names: xml.Query("prop", tuple(names))
    ),
)
STEPS = st.one_of(
    st.tuples(st.just("write"), PLACES, st.binary(max_size=5)),
    st.tuples(st.just("folder"), PLACES),
    st.tuples(st.just("color"), PLACES),
)


def prepare(dav, steps):
    """Bring a share into some state; steps that do not fit are left out."""
    for act, place, *rest in steps:
        path = dav.view.root + place
        entry, above = dav.storage.stat(path), dav.storage.stat(path.rpartition("/")[0])
        dav.time += 1
        if act == "color" and entry:
            fragments = {
                "{urn:x}color": '<x:color xmlns:x="urn:x">a&amp;b</x:color>',
                "plain": "<plain><i/></plain>",
            }
            dav.storage.set_properties(path, fragments)
        elif act == "folder" and not entry and above and above.folder:
            dav.storage.make_folder(path)
        elif act == "write" and above and above.folder and not (entry and entry.folder):
            dav.storage.write(path, rest[0])
    return dav


def encoded(place):
    return "".join("/" + "".join(f"%{byte:02x}" for byte in name.encode()) for name in place.split("/")[1:])


def by_wsgidav(dav, method, place, headers=None, body=b""):
    """What wsgidav says to a request that would be answered directly."""
    path = dav.view.root + place
    status, headers, body = wsgidav.handle(
        dav.view, method, path, dav.storage.stat(path), headers or {}, body, [], None
    )
    return status, headers, body


def canonical(element):
    return element.tag, (element.text or "").strip(), sorted(map(canonical, element))


def meaning(body):
    """A multistatus without the order of properties and the choice of prefixes."""
    return [
        (
            response.findtext("{DAV:}href"),
            {
                (part.findtext("{DAV:}status"), *map(str, canonical(element)))
                for part in response.iterfind("{DAV:}propstat")
                for element in part.find("{DAV:}prop")
            },
        )
        for response in ElementTree.fromstring(body).iterfind("{DAV:}response")
    ]


SITES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


@given(st.lists(STEPS, max_size=8), PLACES, st.sampled_from(["0", "1", "infinity"]), QUERIES)
@SITES
def test_propfind_says_the_same(new_dav, steps, place, depth, query):
    """Status, hrefs in their order, and each property with its status and value."""
    dav = prepare(new_dav(), steps)
    direct = dav("PROPFIND", encoded(place), {"depth": depth}, query.document())
    if direct.status == 404:
        assert dav.storage.stat(dav.view.root + place) is None
        return
    status, headers, body = by_wsgidav(dav, "PROPFIND", place, {"depth": depth}, query.document("name"))

    assert (status, headers["content-type"]) == (direct.status, direct.headers["content-type"])
    assert meaning(body) == meaning(direct.body)


@given(st.lists(STEPS, max_size=8), PLACES, st.sampled_from(["GET", "HEAD"]))
@SITES
def test_reading_says_the_same(new_dav, steps, place, method):
    """Status, headers and content."""
    dav = prepare(new_dav(), steps)
    entry = dav.storage.stat(dav.view.root + place)
    direct = dav(method, encoded(place))
    if entry is None or entry.folder:
        assert direct.status == (405 if entry else 404)
        return
    status, headers, body = by_wsgidav(dav, method, place)

    assert (status, body) == (direct.status, direct.body)
    expected = {name: text for name, text in headers.items() if name in SEEN}
    if method == "HEAD":
        # wsgidav's headers are right; ours of a HEAD must be those of a GET.
        expected["content-length"] = str(entry.size)
    assert expected == {name: text for name, text in direct.headers.items() if name in SEEN}


@given(st.lists(STEPS, max_size=8), PLACES.filter(bool), st.binary(max_size=9))
@SITES
def test_writing_says_and_does_the_same(new_dav, steps, place, data):
    """Status, tag, and the tree that is left."""
    one, other = prepare(new_dav(), steps), prepare(new_dav(), steps)
    direct = one("PUT", encoded(place), body=data)
    try:
        status, headers, _ = by_wsgidav(other, "PUT", place, body=data)
    except Exception as refusal:
        status, headers = refusal.status, {}

    assert (status, headers.get("etag")) == (direct.status, direct.headers.get("etag"))
    assert one.tree() == other.tree()


@given(st.one_of(st.just(b""), QUERIES.map(lambda query: query.document())))
def test_a_query_survives_being_written_and_read(body):
    """What is handed on to wsgidav asks for what the client asked."""
    query = xml.query(body)

    assert query == xml.query(query.document())
