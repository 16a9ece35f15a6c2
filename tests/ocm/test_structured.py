"""Structured Fields: what RFC 8941 allows, compared with the parser of one of its authors."""

from base64 import b64encode

import http_sf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meshsim.ocm.structured import LIMIT, InnerList, Item, Malformed, Other, parse, write


def test_every_kind_of_value_is_read():
    """Strings, integers, booleans, bytes, inner lists and their parameters become Python values."""
    found = parse('a="x \\"\\\\ y", b=-07;p;q=?0, c, d=:AQI=:,\te=("i";k=1 tok),f=1.5')

    assert {
        "a": Item('x "\\ y', {}),
        "b": Item(-7, {"p": True, "q": False}),
        "c": Item(True, {}),
        "d": Item(b"\x01\x02", {}),
        "e": Item(InnerList('("i";k=1 tok)'), {}),
        "f": Item(Other("1.5"), {}),
    } == found
    assert [Item("i", {"k": 1}), Item(Other("tok"), {})] == found["e"].value.items()


@pytest.mark.parametrize(
    ("text", "params"),
    [
        (";a=1;b", {"a": 1, "b": True}),
        (';a="q\\"\\\\"', {"a": 'q"\\'}),
        (";a=:AQI=:;c=?0;d=tok", {"a": b"\x01\x02", "c": False, "d": Other("tok")}),
        ("", {}),
    ],
)
def test_parameters_are_written_canonically(text, params):
    """What is read from a canonical spelling is written so again."""
    assert params == parse(f"x{text}")["x"].params
    assert text == write(params)


@pytest.mark.parametrize(
    "text",
    [
        "a=1,",
        "a=1,,b=2",
        "a=1 b=2",
        "A=1",
        "a=",
        "a==1",
        'a="',
        'a="\\n"',
        'a="é"',
        'a="\x00"',
        "a=(",
        'a=("x""y")',
        'a=("x",)',
        "a=:AQI:",
        "a=:AQJ=:",
        "a=:A*:",
        "a=1234567890123456",
        "a=1234567890123.5",
        "a=1.",
        "a=1.2345",
        "a=-",
        "a=?2",
        "a=@1",
        "a;=1",
        "a; ;b",
        "\ta=1",
        "a=1, a=2",
        "a;x=1;x=2",
        "a=" + "1" * LIMIT,
        "a=\ud800",
    ],
)
def test_what_is_no_dictionary_is_refused(text):
    """Also what RFC 8941 tolerates where one value would have two spellings: keys twice, loose base64."""
    with pytest.raises(Malformed):
        parse(text)


def test_hostile_repetition_is_read_in_one_pass():
    """Long texts that fail at their end do not send the parser back (a hang would fail this)."""
    for text in ("a=(" + '"x" ' * 4000, "a" + ";p" * 8000 + "!", "a=(" * 5000, 'a="' + '\\"' * 8000):
        with pytest.raises(Malformed):
            parse(text)


KEYS = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,3}", fullmatch=True)
BARES = st.one_of(
    st.from_regex(r"-?[0-9]{1,15}", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,12}\.[0-9]{1,3}", fullmatch=True),
    st.from_regex(r'"([ !#-\[\]-~]|\\["\\]){0,5}"', fullmatch=True),
    st.from_regex(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,4}", fullmatch=True),
    st.sampled_from(["?0", "?1"]),
    st.binary(max_size=5).map(lambda data: f":{b64encode(data).decode()}:"),
)
PARAMS = st.lists(
    st.tuples(st.sampled_from([";", "; "]), KEYS, st.one_of(st.just(""), BARES.map(lambda bare: "=" + bare))),
    max_size=3,
    unique_by=lambda param: param[1],
).map(lambda params: "".join("".join(param) for param in params))
ITEMS = st.tuples(BARES, PARAMS).map("".join)
LISTS = st.lists(ITEMS, max_size=3).map(lambda items: f"({' '.join(items)})")
MEMBERS = st.tuples(
    KEYS, st.one_of(st.just(""), st.one_of(ITEMS, LISTS).map(lambda value: "=" + value)), PARAMS
)
DICTIONARIES = st.lists(MEMBERS, max_size=3, unique_by=lambda member: member[0]).map(
    lambda members: ", ".join("".join(member) for member in members)
)


def theirs(text):
    """What the other parser makes of it, in our types; keys that come twice are refused."""

    def refuse(key, context):
        raise ValueError(key)

    def bare(value):
        if isinstance(value, http_sf.Token):
            return Other(str(value))
        return value

    def item(value, params):
        if isinstance(value, list):
            value = [item(*each) for each in value]
        return bare(value), {key: bare(each) for key, each in params.items()}

    members = http_sf.parse(text.encode(), tltype="dictionary", on_duplicate_key=refuse)
    return {key: item(*member) for key, member in members.items()}


def ours(text):
    """What our parser makes of it, with inner lists read and decimals as numbers."""

    def bare(value):
        if isinstance(value, Other) and value.text[0] in "-0123456789":
            return http_sf.parse(value.text.encode(), tltype="item")[0]
        return value

    def item(value, params):
        if isinstance(value, InnerList):
            value = [item(*each) for each in value.items()]
        return bare(value), {key: bare(each) for key, each in params.items()}

    return {key: item(*member) for key, member in parse(text).items()}


@given(DICTIONARIES)
def test_dictionaries_mean_what_they_mean_to_another_parser(text):
    """Well-formed dictionaries are read alike."""
    try:
        expected = theirs(text)
    except ValueError:  # a parameter twice, where item and list of one value meet
        with pytest.raises(Malformed):
            ours(text)
        return

    assert expected == ours(text)


@given(st.text(alphabet='ab=;,()"\\ :?01.-*tA/+\t', max_size=30))
@example('a=("b" "c";d);e=1,f')
@example("a\t")
@example("\t")
@example("a,\t")
@example("a \n")
def test_both_parsers_refuse_the_same(text):
    """Of random text, what one takes the other takes, save for bytes with two spellings."""
    try:
        expected = theirs(text)
    except ValueError:
        expected = None
    try:
        actual = ours(text)
    except Malformed:
        actual = None
        if ":" in text:
            return

    assert expected == actual
