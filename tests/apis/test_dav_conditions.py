import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.apis._dav_conditions import State, failure, holds, parse_if, submitted
from meshsim.apis._dav_view import Refusal
from meshsim.storage import Entry

ENTRY = Entry("/alice/a", folder=False, size=1, modified=1_000_000_000.7, created=0.0, etag="5", file_id="1")
THEN, LATER, EARLIER = (
    "Sun, 09 Sep 2001 01:46:40 GMT",
    "Sun, 09 Sep 2001 01:46:41 GMT",
    "Sun, 09 Sep 2001 01:46:39 GMT",
)


@pytest.mark.parametrize(
    ("headers", "method", "expected"),
    [
        ({"if-match": '"5"'}, "PUT", None),
        ({"if-match": '"4", "5"'}, "PUT", None),
        ({"if-match": "*"}, "PUT", None),
        ({"if-match": '"4"'}, "PUT", 412),
        ({"if-match": 'W/"5"'}, "PUT", 412),
        ({"if-none-match": "*"}, "PUT", 412),
        ({"if-none-match": '"5"'}, "GET", 304),
        ({"if-none-match": 'W/"5"'}, "HEAD", 304),
        ({"if-none-match": '"5"'}, "DELETE", 412),
        ({"if-none-match": '"4"'}, "GET", None),
        ({"if-modified-since": THEN}, "GET", 304),
        ({"if-modified-since": LATER}, "GET", 304),
        ({"if-modified-since": EARLIER}, "GET", None),
        ({"if-modified-since": THEN}, "PUT", None),
        ({"if-modified-since": "yesterday"}, "GET", None),
        ({"if-unmodified-since": THEN}, "PUT", None),
        ({"if-unmodified-since": EARLIER}, "PUT", 412),
        ({"if-unmodified-since": THEN.replace("GMT", "-0000")}, "PUT", None),
        ({"if-unmodified-since": EARLIER.replace("GMT", "-0000")}, "PUT", 412),
        ({"if-unmodified-since": "-1"}, "PUT", None),
        ({"if-match": '"5"', "if-unmodified-since": EARLIER}, "PUT", None),
        ({"if-none-match": '"4"', "if-modified-since": LATER}, "GET", None),
        ({"if-match": '"4"', "if-none-match": '"5"'}, "GET", 412),
        ({}, "GET", None),
    ],
)
def test_preconditions_are_judged_as_http_says(headers, method, expected):
    """Status of each header alone and of pairs in their order (RFC 9110, 13.2.2)."""
    assert expected == failure(headers, method, ENTRY)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"if-match": "*"}, 412),
        ({"if-match": '"5"'}, 412),
        ({"if-none-match": "*"}, None),
        ({"if-unmodified-since": EARLIER}, None),
    ],
)
def test_nothing_matches_what_is_not_there(headers, expected):
    """A PUT that must replace fails, one that must create goes on."""
    assert expected == failure(headers, "PUT", None)


@pytest.mark.parametrize("field", ['"5', "5", '"5" "6"', ', "5"x'])
def test_a_broken_list_of_tags_is_refused(field):
    """It is not taken for a tag that matches nothing, nor for one that matches."""
    with pytest.raises(Refusal) as refused:
        failure({"if-match": field}, "PUT", ENTRY)

    assert 400 == refused.value.status


HERE = State('"5"', frozenset({"urn:lock:1", "urn:lock:2"}))
OTHER = State('"9"', frozenset({"urn:lock:9"}))
NOTHING = State("", frozenset())
PLACES = {"": HERE, "https://h/other": OTHER, "/other": OTHER, "/none": NOTHING}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("(<urn:lock:1>)", True),
        ("(<urn:lock:3>)", False),
        ('(["5"])', True),
        ('(["4"])', False),
        ('([W/"5"])', False),
        ('(<urn:lock:1> ["5"])', True),
        ('(<urn:lock:1> ["4"])', False),
        ('(<urn:lock:3>) (["5"])', True),
        ("(Not <urn:lock:3>)", True),
        ("(not <urn:lock:1>)", False),
        ("(Not <DAV:no-lock> <urn:lock:2>)", True),
        ('(<urn:lock:1> Not ["5"])', False),
        ("<https://h/other> (<urn:lock:9>)", True),
        ("</other> (<urn:lock:1>)", False),
        ("</other> (<urn:lock:1>) (<urn:lock:9>)", True),
        ('</none> (<urn:lock:1>) </other> (["9"])', True),
        ('</none> (Not ["5"])', True),
        ("</none> (<urn:lock:1>)", False),
        ('(["a)b"]) (Not<urn:lock:3>)', True),
    ],
)
def test_if_lists_are_all_evaluated(field, expected):
    """Tokens, entity tags, Not, several lists and tagged lists (RFC 4918, 10.4)."""
    assert expected == holds(parse_if(field), PLACES.__getitem__)


@pytest.mark.parametrize(
    "field",
    [
        "",
        " ",
        "()",
        "(<a:b>",
        "<a:b>)",
        "<a:b>",
        "<a:b> <c:d> (<e:f>)",
        "(Not)",
        "(Not Not <a:b>)",
        "(<a:b>) <c:d> (<e:f>)",
        "((<a:b>))",
        "([5])",
        "(<a b>)",
        "(<a:b>) x",
        "urn:lock:1",
        "(urn:lock:1)",
        "</x> (<a:b>) </y>",
    ],
)
def test_a_broken_if_header_is_refused(field):
    """What is no condition is neither true nor ignored."""
    with pytest.raises(Refusal) as refused:
        parse_if(field)

    assert 400 == refused.value.status


def test_every_token_in_the_header_is_submitted():
    """Also those in false lists, under Not, and about other resources."""
    lists = parse_if("</x> (<a:1> Not <a:2>) (Not <DAV:no-lock>)")

    assert ["a:1", "a:2", "DAV:no-lock"] == submitted(lists)


@given(st.one_of(st.text(alphabet='<>()[]" Notwa:/W,*5' + string.whitespace), st.text()))
def test_any_text_is_parsed_or_refused(text):
    """No header makes a parser fail in another way than by refusing."""
    statuses = set()
    for parse in (parse_if, lambda field: failure({"if-match": field}, "PUT", ENTRY)):
        try:
            parse(text)
        except Refusal as refusal:
            statuses.add(refusal.status)

    assert statuses <= {400}


@given(st.text())
def test_any_date_is_read_or_ignored(text):
    """A date that is none is as if the header were not there (RFC 9110, 13.1.3)."""
    assert failure({"if-modified-since": text}, "GET", ENTRY) in (None, 304)
