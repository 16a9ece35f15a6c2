"""Bytes become a value, or an error that names every bad field; never anything else."""

import json
import sys
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshsim.ocm import directory, document
from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.discovery import Discovery
from meshsim.ocm.errors import OcmError
from meshsim.ocm.invite import Acceptance, Identity, Invite
from meshsim.ocm.keys import JwkSet, PrivateKey
from meshsim.ocm.notification import Notification
from meshsim.ocm.share import ShareAnswer, ShareCreation
from meshsim.ocm.token import TokenAnswer, TokenError, TokenRequest

NASTY = {
    "empty": b"",
    "blank": b" \n\t",
    "null": b"null",
    "number": b"1",
    "array": b"[{}]",
    "string": b'"{}"',
    "not json": b"{shareWith: 1}",
    "truncated": b'{"shareWith": "a@b.example", "na',
    "trailing": b'{"a": 1} {"b": 2}',
    "comment": b'{"a": 1 /* one */}',
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "not utf-8": b'{"a": "\xff\xfe"}',
    "overlong utf-8": b'{"a": "\xc0\xaf"}',
    "raw surrogate": b'{"a": "\xed\xa0\x80"}',
    "escaped lone surrogate": b'{"a": "\\ud800"}',
    "surrogates in the wrong order": b'{"a": "\\udc00\\ud800"}',
    "raw NUL": b'{"a": "\x00"}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "huge exponent": b'{"a": 1e400}',
    "huge integer": b'{"a": ' + b"9" * 10_000 + b"}",
    "deep arrays": b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a": ' * 5000 + b"1" + b"}" * 5000,
    "nested past the limit": b'{"a": ' * 40 + b"1" + b"}" * 40,
    "duplicate": b'{"a": 1, "a": 2}',
    "duplicate with space": b'{"a": 1, "a"\n :2}',
    "duplicate beside text like a key": b'{"a": "\\":", "b": "x:y", "b": 2}',
    "integer of five thousand digits": b'{"expiration": 1' + b"0" * 5000 + b"}",
    "escaped NUL everywhere": json.dumps(
        {n: "\0" for n in ("recipientDisplayName", "url", "token", "access_token")}
    ).encode(),
    "duplicate by escape": b'{"a": 1, "\\u0061": 2}',
    "duplicate inside": b'{"x": [{"y": {"b": 1, "b": 1}}]}',
    "ten megabytes": b'{"a": "' + b"x" * 10_000_000 + b'"}',
    "a million members": b"{" + b",".join(b'"%d":1' % n for n in range(200_000)) + b"}",
}
"""Inputs that have broken readers elsewhere."""

KEY = PrivateKey.from_seed("d.example#1", bytes(32)).public

KINDS = (
    ShareCreation,
    Discovery,
    Notification,
    Acceptance,
    Identity,
    ShareAnswer,
    TokenAnswer,
    directory.Server,
)

READERS = {
    **{kind.__name__: lambda raw, kind=kind: document.parse(raw, kind) for kind in KINDS},
    "JwkSet": JwkSet.parse,
    "Directory": directory.Directory.parse,
    "directory.verify": lambda raw: directory.verify(raw, KEY),
    "TokenRequest": lambda raw: TokenRequest.parse(raw, "application/x-www-form-urlencoded"),
    "Invite": lambda raw: Invite.parse(raw.decode("latin-1")),
    "invite link": lambda raw: Invite.from_link(raw.decode("latin-1")),
    "OcmAddress": lambda raw: OcmAddress.parse(raw.decode("latin-1")),
    "host": lambda raw: parse_host(raw.decode("latin-1")),
}

SHARE = {
    "shareWith": "bo@beta.example.org",
    "name": "plan.odt",
    "providerId": "sh-0001",
    "owner": "al@alpha.example.org",
    "sender": "al@alpha.example.org",
    "senderDisplayName": "Al",
    "shareType": "user",
    "resourceType": "file",
    "expiration": 1893456000,
    "protocol": {
        "name": "multi",
        "webdav": {
            "uri": "sh-0001",
            "sharedSecret": "s3cret-0001",
            "permissions": ["read"],
            "requirements": ["must-exchange-token"],
        },
    },
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=10,
)
NAMES = sorted(
    {*SHARE, *SHARE["protocol"], *SHARE["protocol"]["webdav"], "enabled", "resourceTypes", "userID"}
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), JSON, max_size=8)


def refused(reader, raw):
    try:
        reader(raw)
    except OcmError as error:
        return error.message
    except TokenError as error:
        return error.error
    return ""


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_inputs_are_refused(name, nasty):
    """Each has a reason, short enough to be sent back."""
    reason = refused(READERS[name], NASTY[nasty])

    # An answer to a share needs no member and ignores unknown ones; "null" could be the name of a host.
    assert reason or (name, nasty) in (
        *(("ShareAnswer", "a million members"), ("ShareAnswer", "escaped NUL everywhere")),
        ("host", "null"),
    )
    assert len(reason) < 2000


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(raw=st.binary(max_size=80) | JSON.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_give_a_value_or_a_refusal(name, raw):
    """Never another exception."""
    refused(READERS[name], raw)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(made=DOCUMENTS)
def test_any_document_gives_a_value_or_named_problems(kind, made):
    """A refusal of a document names at least one field."""
    problems, value = attempt(made, kind)

    if value is None:
        assert problems
        assert all(name and message for name, message in problems.items())
    else:
        assert value == document.convert(document.plain(value), kind)


def attempt(made, kind):
    """The problems by name, and the value if there are none."""
    try:
        return {}, document.convert(made, kind)
    except OcmError as error:
        return {problem.name: problem.message for problem in error.problems}, None


def leaves(value, path=()):
    """The places of all members in a document."""
    for name, inner in value.items():
        yield (*path, name)
        if isinstance(inner, dict):
            yield from leaves(inner, (*path, name))


def broken(value, places):
    """A copy with something of a wrong type at these places."""
    copy = json.loads(json.dumps(value))
    for place in places:
        inner = copy
        for name in place[:-1]:
            inner = inner[name]
        inner[place[-1]] = 3.5
    return copy


def apart(one, other):
    return one[: len(other)] != other and other[: len(one)] != one


@pytest.mark.parametrize(
    "places", [pair for pair in combinations(list(leaves(SHARE)), 2) if apart(*pair)], ids=str
)
def test_any_two_bad_fields_are_both_named(places):
    """The sender learns of all at once, by their paths."""
    with pytest.raises(OcmError) as refusal:
        document.convert(broken(SHARE, places), ShareCreation)

    assert {".".join(place) for place in places} <= {problem.name for problem in refusal.value.problems}


@pytest.mark.parametrize("place", list(leaves(SHARE)), ids=str)
def test_a_missing_member_is_named_if_it_is_required(place):
    """What the draft calls optional may be left out, and nothing else."""
    optional = {"senderDisplayName", "expiration", "permissions", "requirements"}
    copy = json.loads(json.dumps(SHARE))
    inner = copy
    for name in place[:-1]:
        inner = inner[name]
    del inner[place[-1]]
    problems, value = attempt(copy, ShareCreation)

    if value is None:
        assert place[-1] not in optional
        assert ".".join(place) in problems or place[-1] == "webdav"
    else:
        assert place[-1] in optional or place == ("protocol", "name")


HALF, NUMBER = "has half a character, or octets that are not UTF-8", "is not a number that can be read"


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"a": "\\ud800", "b": 1e400, "c": "fine"}', {"a": HALF, "b": NUMBER}),
        (b'{"a": {"b": ["x", "\xff", {"c": NaN}]}}', {"a.b[1]": HALF, "a.b[2].c": NUMBER}),
        (b'{"a": "\xed\xa0\x80", "b": -Infinity}', {"a": HALF, "b": NUMBER}),
        (b'{"a": "\\udc00\\ud800"}', {"a": HALF}),
        (b'{"a": 1' + b"0" * 10_000 + b"}", {"a": NUMBER}),
        (b'{"": "\\ud800"}', {'""': HALF}),
        (b'{"\\ud800": 1}', {"?": HALF.replace("half", "a name with half")}),
    ],
)
def test_what_no_reader_should_guess_at_is_named(raw, found):
    """The document around it is sound, so it can be said where it stands."""
    with pytest.raises(OcmError) as refusal:
        document.load(raw)

    assert found == {problem.name: problem.message for problem in refusal.value.problems}


def test_the_place_of_what_is_bad_is_told_in_few_words():
    """However deep and however often it stands there."""
    deep = b'{"' + b"x" * 5000 + b'": ' + b'{"x": ' * 900 + b"[" + b'"\\ud800", ' * 500 + b"1]" + b"}" * 901
    with pytest.raises(OcmError) as refusal:
        document.load(deep)

    assert len(refusal.value.message) < 2000
    assert len(refusal.value.problems) <= document.MOST


@pytest.mark.parametrize(
    ("kind", "changes", "found"),
    [
        (
            Discovery,
            {
                "resourceTypes": [{"name": 1, "shareTypes": 2, "protocols": {"webdav": 3, "ssh": 4}}],
                "capabilities": 5,
                "criteria": ["must-exchange-token"],
            },
            "resourceTypes[0].name resourceTypes[0].shareTypes resourceTypes[0].protocols.webdav "
            "resourceTypes[0].protocols.ssh capabilities",
        ),
        (
            Notification,
            {"resourceType": 1, "shareType": 2, "notification": {"file": {"shareWith": 3}}},
            "resourceType shareType notification.file.providerId notification.file.shareWith",
        ),
        (
            Notification,
            {"notificationType": "USER_REMOVED", "shareType": 2, "notification": {"user": 3}},
            "resourceType shareType notification.user",
        ),
        (
            Notification,
            {"notificationType": "REQUEST_SHARE", "resourceType": 1, "notification": {"file": {"owner": 2}}},
            "resourceType shareType notification.file.owner notification.file.shareWith "
            "notification.file.shareId notification.file.permissions",
        ),
        (
            ShareCreation,
            {
                "protocol": {
                    "name": "ssh",
                    "webdav": {**SHARE["protocol"]["webdav"], "requirements": 1},
                    "webapp": {},
                }
            },
            "protocol.webdav.requirements protocol.ssh protocol.name protocol.webapp.uri "
            "protocol.webapp.targets protocol.webapp.permissions protocol.webapp.requirements "
            "protocol.webapp.sharedSecret",
        ),
    ],
)
def test_a_field_that_cannot_be_read_silences_no_rule_about_others(kind, changes, found):
    """What is wrong with the document as a whole is told as well, as far as it can be known."""
    problems, _ = attempt({**EXAMPLES.get(kind, SHARE), **changes}, kind)

    assert set(found.split()) == problems.keys()


def test_unknown_members_are_ignored_at_every_depth():
    """OCM-SHARE-124: what a newer server says besides does no harm."""
    more = json.loads(json.dumps(SHARE))
    more["x"], more["protocol"]["x"], more["protocol"]["webdav"]["x"] = {"y": 1}, [1], None

    assert document.convert(SHARE, ShareCreation) == document.convert(more, ShareCreation)


def test_duplicates_are_told_from_text_that_looks_like_them():
    """Strings may hold quotes and colons; only members count."""
    honest = {**SHARE, "description": '"name": "name": {"a": 1, "a": 2}'}

    assert honest == document.load(json.dumps(honest).encode())


def test_a_duplicate_hides_no_nesting():
    """What one reader left out as a duplicate can be too deep for the one that looks closely."""
    limit = sys.getrecursionlimit()
    for depth in range(limit - 400, limit + 20):
        with pytest.raises(OcmError):
            document.load(b'{"a": ' + b"[" * depth + b"]" * depth + b', "a": 1}')


def test_values_are_written_without_what_is_not_there():
    """Neither null nor empty members, in the order of the fields, the same each time."""
    value = document.convert(SHARE, ShareCreation)

    assert SHARE == document.plain(value)
    assert document.dump(value) == document.dump(value)
    assert b"null" not in document.dump(value)


PAIRS = st.recursive(
    st.sampled_from(["1", '"a"', '"x\\":"', '"\\" :"', "null", "-1.5e2", '""', "[]"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(
            st.tuples(
                st.sampled_from(['"a"', '"b"', '"\\u0061"', '"a:"', '"\\":"']),
                st.sampled_from([":", " :", "\n:\t", ": "]),
                inner,
            ),
            max_size=4,
        ).map(lambda pairs: "{" + ",".join(map("".join, pairs)) + "}")
    ),
    max_leaves=12,
)


@given(PAIRS.map(lambda text: f'{{"x": {text}}}'))
def test_duplicates_are_found_wherever_another_reader_finds_them(text):
    """Counting keys is as good as looking at each."""
    twice = []

    def look(pairs):
        twice.append(len(dict(pairs)) < len(pairs))
        return dict(pairs)

    read = json.loads(text, object_pairs_hook=look)
    if any(twice):
        with pytest.raises(OcmError, match="twice"):
            document.load(text.encode())
    else:
        assert read == document.load(text.encode())


EXAMPLES = {
    Discovery: {
        "enabled": True,
        "apiVersion": "1.5.0",
        "endPoint": "https://alpha.example.org/ocm",
        "resourceTypes": [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/dav/"}}],
        "provider": "Alpha",
        "capabilities": ["http-sig", "exchange-token"],
        "criteria": ["must-exchange-token"],
        "inviteAcceptDialog": "/accept",
        "jwksUri": "https://alpha.example.org/jwks",
        "tokenEndPoint": "https://alpha.example.org/token",
    },
    Notification: {
        "notificationType": "REQUEST_RESHARE",
        "senderDomain": "beta.example.org",
        "resourceType": "file",
        "shareType": "user",
        "notification": {"message": "", "file": {"providerId": "sh-1", "shareWith": "c@c.example"}},
    },
    Acceptance: {
        **{"recipientProvider": "b.example", "token": "t", "userID": "u"},
        **{"email": "u@b.example", "name": "U"},
    },
    Identity: {"userID": "u", "email": "u@b.example", "name": "U"},
    TokenAnswer: {"access_token": "t", "token_type": "Bearer", "expires_in": 60},
    directory.Server: {"url": "https://a.example", "displayName": "A"},
}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_any_two_bad_fields_of_any_document_are_both_named(kind):
    """As for shares; and nothing is named that is right."""
    good = EXAMPLES[kind]

    assert good == document.plain(document.convert(good, kind))
    for places in combinations(list(leaves(good)), 2):
        if apart(*places):
            problems, _ = attempt(broken(good, places), kind)
            assert {".".join(place) for place in places} == problems.keys()


def test_an_answer_does_not_outgrow_its_question():
    """However many fields are bad, a hundred are told."""
    flood = {**EXAMPLES[Discovery], "resourceTypes": [{}] * 50_000}
    with pytest.raises(OcmError) as refusal:
        document.convert(flood, Discovery)

    assert document.MOST == len(refusal.value.problems)
    assert "resourceTypes[0].name" == refusal.value.problems[0].name


def test_something_else_than_an_object_is_named_where_it_stands():
    """Also inside, and also instead of the whole."""
    for made, name in (([], "body"), (None, "body"), ({**SHARE, "protocol": "webdav"}, "protocol")):
        assert {name} == attempt(made, ShareCreation)[0].keys()
    listed = {**EXAMPLES[Discovery], "resourceTypes": ["file"]}

    assert {"resourceTypes[0]"} == attempt(listed, Discovery)[0].keys()


@pytest.mark.parametrize("kind", [ShareCreation, *EXAMPLES])
@settings(max_examples=60)
@given(data=st.data())
def test_a_good_document_with_anything_in_some_places_is_a_value_or_named_problems(kind, data):
    """What is taken reads the same after it was written; what is refused has a reason for each name."""
    good = EXAMPLES.get(kind, SHARE)
    places = data.draw(st.lists(st.sampled_from(list(leaves(good))), min_size=1, max_size=3))
    made = json.loads(json.dumps(good))
    for place in places:
        inner = made
        for name in place[:-1]:
            inner = inner[name] if isinstance(inner, dict) and name in inner else {}
        if isinstance(inner, dict):
            inner[place[-1]] = data.draw(JSON)
    problems, value = attempt(made, kind)

    if value is None:
        assert problems
        assert all(name and message for name, message in problems.items())
    else:
        assert value == document.parse(document.dump(value), kind)


def careful(raw, kind):
    """What a document means, read member by member; None if it is refused."""
    try:
        return document.convert(document.load(raw), kind)
    except OcmError:
        return None


@pytest.mark.parametrize("kind", [ShareCreation, *EXAMPLES])
@settings(max_examples=100)
@given(data=st.data())
def test_what_is_recognized_at_once_is_what_the_careful_reader_reads(kind, data):
    """The quick reader never takes what the careful one refuses, and never reads another value."""
    made = json.loads(json.dumps(EXAMPLES.get(kind, SHARE)))
    for place in data.draw(st.lists(st.sampled_from(list(leaves(made))), max_size=2)):
        inner = made
        for name in place[:-1]:
            inner = inner[name] if isinstance(inner, dict) and name in inner else {}
        if isinstance(inner, dict):
            inner[place[-1]] = data.draw(JSON)
    raw = document.dump(made)
    value = careful(raw, kind)
    spelled = raw if value is None else document.dump(value)
    at = data.draw(st.integers(0, len(spelled)))
    piece = data.draw(st.sampled_from([b"", b" ", b'"', b",", b"1", b"}", b'"name":"x",', spelled[:at]]))
    changed = spelled[:at] + piece + spelled[at + data.draw(st.integers(0, 2)) :]
    for text in (raw, spelled, changed):
        found = document.recognize(text, kind)

        assert found is None or found == careful(text, kind)
    assert value is None or value == document.recognize(spelled, kind)


def test_what_hides_something_is_not_recognized():
    """A member twice, one more, or too many levels: those are for the careful reader."""
    good = document.dump(document.convert(SHARE, ShareCreation))
    deep = b'{"x":' * 40 + b"1" + b"}" * 40
    encrypted = good[:-1] + b',"encryption":{"scheme":"x","resourceId":"y","x":' + deep + b"}}"

    assert document.recognize(good, ShareCreation) == document.convert(SHARE, ShareCreation)
    assert document.recognize(b'{"name":"a",' + good[1:], ShareCreation) is None
    assert document.recognize(good[:-1] + b',"more":1}', ShareCreation) is None
    assert document.recognize(encrypted, ShareCreation) is None
