import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.apis._dav_locks import LIFETIME, LONGEST, Lock, LockTable

PUT = {"method": "PUT", "body": b"new"}


def info(scope="exclusive", owner="<D:owner><D:href>mailto:bob@example.org</D:href></D:owner>"):
    return (
        f'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:{scope}/></D:lockscope>'
        f"<D:locktype><D:write/></D:locktype>{owner}</D:lockinfo>"
    ).encode()


def lock(dav, path, scope="exclusive", view=None, **headers):
    """The token of a new lock, or the status if there is none."""
    answer = dav("LOCK", path, headers, info(scope), view)
    return answer.headers["lock-token"].strip("<>") if answer.status < 300 else answer.status


def put(dav, path, token="", view=None, field="if"):
    headers = {field: f"(<{token}>)" if field == "if" else f"<{token}>"} if token else {}
    return dav("PUT", path, headers, b"new", view).status


def timeout(answer):
    return int(re.search(rb"Second-(-?\d+)", answer.body)[1])


def test_a_lock_keeps_writers_out(dav):
    """Who does not show the token gets 423, with the locked resource named; who does writes."""
    token = lock(dav, "/thesis.txt")
    refused = dav("PUT", "/thesis.txt", body=b"new")

    assert 423 == refused.status
    assert b"<D:lock-token-submitted><D:href>/dav/ocm/1/thesis.txt</D:href>" in refused.body
    assert [423, 204] == [put(dav, "/thesis.txt", token, field="lock-token"), put(dav, "/thesis.txt", token)]
    assert 200 == dav("GET", "/thesis.txt").status


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("DELETE", {}),
        ("MOVE", {"destination": "/dav/ocm/1/new"}),
        ("PROPPATCH", {}),
        ("LOCK", {}),
    ],
)
def test_every_change_needs_the_token(dav, method, headers):
    """Not only PUT."""
    lock(dav, "/thesis.txt")
    patch = b'<propertyupdate xmlns="DAV:"><set><prop><a xmlns="urn:x"/></prop></set></propertyupdate>'
    body = {"LOCK": info(), "PROPPATCH": patch}
    before = dav.tree()

    assert 423 == dav(method, "/thesis.txt", headers, body.get(method, b"")).status
    assert before == dav.tree()


def test_a_false_token_opens_nothing(dav):
    """An If header that no lock fulfils fails as a condition, before anything is done."""
    lock(dav, "/thesis.txt")

    assert 412 == put(dav, "/thesis.txt", "opaquelocktoken:guessed")
    assert 423 == dav("PUT", "/thesis.txt", {"if": "(Not <DAV:no-lock>)"}, b"new").status


def test_a_lock_is_seen_through_every_view_of_the_file(dav):
    """Also by the owner, and under another URL; nobody learns of a path outside the own view."""
    token = lock(dav, "/thesis.txt")
    home = dav.see("/alice", "/dav/files/alice", owner="alice")
    single = dav.see("/alice/papers/thesis.txt", "/dav/ocm/2", owner="carol")
    listed = [
        dav("PROPFIND", path, {"depth": "0"}, view=view).body.decode()
        for path, view in (("/papers/thesis.txt", home), ("", single))
    ]

    assert [423, 423] == [put(dav, "/papers/thesis.txt", view=home), put(dav, "", view=single)]
    assert all(token in body for body in listed)
    assert [204] == [put(dav, "", token, dav.see("/alice/papers/thesis.txt", "/dav/ocm/2"))]
    assert ["/dav/files/alice/papers/thesis.txt", "/dav/ocm/2"] == [
        re.search("<D:lockroot><D:href>(.*?)</D:href>", body)[1] for body in listed
    ]


def test_a_lock_above_a_share_counts_in_it(dav):
    """The owner locks the whole home; the share shows a lock at its root, and no more."""
    home = dav.see("/alice", "/dav/files/alice", owner="alice")
    lock(dav, "/papers", view=home)
    refused = dav("PUT", "/thesis.txt", body=b"new")

    assert 423 == refused.status
    assert b"<D:href>/dav/ocm/1</D:href>" in refused.body or b"<D:href>/dav/ocm/1/</D:href>" in refused.body
    deep = dav.see("/alice/papers/deep", "/dav/ocm/3")
    assert b"papers" not in dav("PUT", "/x", body=b"new", view=deep).body


def test_a_token_is_of_use_to_its_owner_alone(dav):
    """Another principal who knows it can neither write, nor refresh, nor unlock."""
    token = lock(dav, "/thesis.txt")
    carol = dav.see(owner="carol")

    assert [423, 403, 403] == [
        put(dav, "/thesis.txt", token, carol),
        dav("LOCK", "/thesis.txt", {"if": f"(<{token}>)"}, view=carol).status,
        dav("UNLOCK", "/thesis.txt", {"lock-token": f"<{token}>"}, view=carol).status,
    ]
    assert 204 == put(dav, "/thesis.txt", token)


def test_an_unlocked_file_is_free(dav):
    """UNLOCK answers 204; the token is then of no lock."""
    token = lock(dav, "/thesis.txt")
    statuses = [dav("UNLOCK", "/thesis.txt", {"lock-token": f"<{token}>"}).status for _ in range(2)]

    assert [204, 409] == statuses
    assert 204 == put(dav, "/thesis.txt")


def test_a_lock_ends_in_its_time(dav):
    """By the site's clock; the time left is told and never negative."""
    answer = dav("LOCK", "/thesis.txt", {"timeout": "Second-100"}, info())
    dav.time += 99
    listed = dav("PROPFIND", "/thesis.txt")
    statuses = [put(dav, "/thesis.txt")]
    dav.time += 1
    statuses.append(put(dav, "/thesis.txt"))

    assert [100, 1] == [timeout(answer), timeout(listed)]
    assert [423, 204] == statuses
    assert b"activelock" not in dav("PROPFIND", "/thesis.txt").body


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, LIFETIME),
        ({"timeout": "Infinite"}, LONGEST),
        ({"timeout": "Second-4100000000"}, LONGEST),
        ({"timeout": "Second-0"}, LIFETIME),
        ({"timeout": "Infinite, Second-5"}, LONGEST),
        ({"timeout": "soon"}, LIFETIME),
    ],
)
def test_no_lock_is_for_ever(dav, asked, expected):
    """A client may wish; a week is the most."""
    assert expected == timeout(dav("LOCK", "/thesis.txt", asked, info()))


def test_a_lock_is_refreshed(dav):
    """Its time starts anew; the token stays, and nobody else's lock is refreshed with it."""
    token = lock(dav, "/thesis.txt", timeout="Second-100")
    dav.time += 90
    answer = dav("LOCK", "/thesis.txt", {"if": f"(<{token}>)", "timeout": "Second-50"})
    elsewhere = dav("LOCK", "/big.bin", {"if": f"(<{token}>) (Not <DAV:no-lock>)"})

    assert (200, 50) == (answer.status, timeout(answer))
    assert "lock-token" not in answer.headers
    assert 400 <= elsewhere.status < 500


def test_shared_locks_live_side_by_side(dav):
    """Each holder writes with the own token; an exclusive lock has no room beside them."""
    first, second = (
        lock(dav, "/thesis.txt", "shared"),
        lock(dav, "/thesis.txt", "shared", dav.see(owner="carol")),
    )

    assert first != second
    assert 423 == lock(dav, "/thesis.txt")
    assert [204, 204, 423] == [
        put(dav, "/thesis.txt", first),
        put(dav, "/thesis.txt", second, dav.see(owner="carol")),
        put(dav, "/thesis.txt"),
    ]


def test_a_folder_is_locked_with_all_in_it(dav):
    """Depth infinity covers what is below and what comes there; the token of the folder opens it."""
    token = lock(dav, "/deep", depth="infinity")

    assert [423, 423, 423] == [put(dav, path) for path in ("/deep/er/note.md", "/deep/new", "/deep/er/new")]
    assert [204, 201] == [put(dav, path, token) for path in ("/deep/er/note.md", "/deep/new")]
    assert 423 == lock(dav, "/deep/er/note.md")
    assert 423 == dav("DELETE", "/deep").status
    assert 204 == dav("DELETE", "/deep", {"if": f"(<{token}>)"}).status


def test_a_folder_locked_for_itself_keeps_its_members(dav):
    """Depth 0: nothing comes or goes, but what is in it may change."""
    token = lock(dav, "/deep", depth="0")

    assert [423, 423, 204] == [
        put(dav, "/deep/new"),
        dav("DELETE", "/deep/er").status,
        put(dav, "/deep/er/note.md"),
    ]
    assert 201 == dav("PUT", "/deep/new", {"if": f"</dav/ocm/1/deep> (<{token}>)"}, b"new").status


def test_a_folder_with_a_locked_member_is_not_deleted_without_its_token(dav):
    """The member stays and is named, with the token all goes (RFC 4918, 9.6.1)."""
    token = lock(dav, "/deep/er/note.md")
    answer = dav("DELETE", "/deep")

    assert 207 == answer.status
    assert b"/dav/ocm/1/deep/er/note.md" in answer.body
    assert b"note" == dav.content("/alice/papers/deep/er/note.md")
    assert 423 == dav("MOVE", "/deep", {"destination": "/dav/ocm/1/new"}).status
    field = f"</dav/ocm/1/deep/er/note.md> (<{token}>)"
    assert 204 == dav("DELETE", "/deep", {"if": field}).status


def test_a_free_name_is_locked_by_an_empty_file(dav):
    """201, then the conditional write that clients send next arrives (RFC 4918, 7.3)."""
    answer = dav("LOCK", "/new.txt", {}, info())
    token = answer.headers["lock-token"].strip("<>")
    tag = dav("HEAD", "/new.txt").headers["etag"]

    assert (201, b"") == (answer.status, dav.content("/alice/papers/new.txt"))
    assert 204 == dav("PUT", "/new.txt", {"if": f"(<{token}> [{tag}])"}, b"words").status
    assert b"words" == dav.content("/alice/papers/new.txt")


def test_a_refused_lock_leaves_nothing_behind(dav):
    """No empty file at a name that could not be locked."""
    token = lock(dav, "/deep", depth="infinity")
    before = dav.tree()

    assert [423, 423] == [
        dav("LOCK", "/deep/new", {}, info()).status,
        dav("LOCK", "/deep/new", {"if": f"(<{token}>)"}, info()).status,
    ]
    assert before == dav.tree()


@pytest.mark.parametrize("source_locked", [False, True])
@pytest.mark.parametrize("target", ["absent", "present", "locked"])
@pytest.mark.parametrize("shown", [(), ("source",), ("target",), ("source", "target")])
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_only_what_is_locked_needs_a_token(dav, method, source_locked, target, shown):
    """A free destination needs none, and a copy needs none of its source."""
    tokens = {}
    if target != "absent":
        put(dav, "/target")
    if target == "locked":
        tokens["target"] = lock(dav, "/target")
    if source_locked:
        tokens["source"] = lock(dav, "/thesis.txt")
    places = {"source": "/dav/ocm/1/thesis.txt", "target": "/dav/ocm/1/target"}
    given_ = [f"<{places[name]}> (<{tokens[name]}>)" for name in shown if name in tokens]
    headers = {"destination": places["target"]} | ({"if": " ".join(given_)} if given_ else {})
    needed = {"target"} & set(tokens) | ({"source"} & set(tokens) if method == "MOVE" else set())
    expected = (201 if target == "absent" else 204) if needed <= set(shown) else 423

    assert expected == dav(method, "/thesis.txt", headers).status


def test_a_lock_does_not_move_along(dav):
    """Neither with MOVE nor COPY; the new name is free, and so is the old one (RFC 4918, 7.7)."""
    token = lock(dav, "/thesis.txt")
    dav("COPY", "/thesis.txt", {"destination": "/dav/ocm/1/copy"})
    dav("MOVE", "/thesis.txt", {"destination": "/dav/ocm/1/moved", "if": f"(<{token}>)"})

    assert [204, 204, 201] == [put(dav, path) for path in ("/copy", "/moved", "/thesis.txt")]


def test_the_owner_element_is_given_back(dav):
    """As the client wrote it, without anything that is no content."""
    owner = '<D:owner><!-- x --><x:name xmlns:x="urn:x">B\u00f6b</x:name></D:owner>'
    body = info(owner=owner)
    dav("LOCK", "/thesis.txt", {}, body)

    assert "B\u00f6b</x:name></D:owner>".encode() in dav("PROPFIND", "/thesis.txt").body


PATHS = st.sampled_from(["/", "/a", "/a/b", "/a/b/c", "/ab", "/a-b", "/b"])


def above(path, other):
    return path != other and (other == "/" or path.startswith(other + "/"))


@given(
    st.lists(st.tuples(PATHS, st.booleans(), st.integers(1, 9)), max_size=8),
    PATHS,
    st.integers(0, 9),
    st.sets(st.integers(0, 7)),
)
def test_the_table_finds_what_a_search_would(made, path, now, dropped):
    """Locks on a path, above and below, without those that ended or were dropped."""
    table = LockTable()
    locks = [
        Lock(str(number), place, deep, True, "bob", "", float(end))
        for number, (place, deep, end) in enumerate(made)
    ]
    for made_lock in locks:
        table.add(made_lock)
    for number in dropped:
        table.drop(str(number))
    alive = [found for found in locks if found.expires > now and int(found.token) not in dropped]
    covering = [found for found in alive if found.path == path or (found.deep and above(path, found.path))]
    below = [found for found in alive if above(found.path, path)]

    assert sorted(found.token for found in covering) == sorted(
        found.token for found in table.covering(path, now)
    )
    assert below == table.below(path, now)
    assert bool(covering or below) == table.touching(path, now)
    table.forget(path)
    assert [] == table.below(path, now)
    assert [found for found in covering if found.path != path] == sorted(
        table.covering(path, now), key=lambda found: int(found.token)
    )
