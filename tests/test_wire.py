import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim import wire
from meshsim.network.blocking import complete
from meshsim.wire import BodyTooLarge, Exchange, FileSlice, NetworkError, Request, Response, Transcript


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://a.example/x/y?q=1&r", ("https", "a.example", "/x/y", "q=1&r")),
        ("https://a.example:8443", ("https", "a.example:8443", "/", "")),
        ("http://a.example?q=/", ("http", "a.example", "/", "q=/")),
        ("https://a.example/%2e%2E/?#f?g", ("https", "a.example", "/%2e%2E/", "")),
        ("https://[2001:db8::1]:1/x", ("https", "[2001:db8::1]:1", "/x", "")),
        ("", ("", "", "/", "")),
    ],
)
def test_a_url_is_taken_apart(url, parts):
    """Nothing is decoded, and a fragment is not for the server."""
    assert wire.Target(*parts) == wire.split(url) == Request("GET", url).target


@given(st.text())
def test_any_text_can_be_taken_apart(url):
    """The path always begins with a slash, so that routing needs no care."""
    target = wire.split(url)

    assert target.path.startswith("/")
    assert "?" not in target.path
    assert "#" not in target.query


async def stream(*parts):
    for part in parts:
        yield part


def bodies(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    return [b"23456", FileSlice(str(file), 2, 5), stream(b"2", b"", b"3456")]


def test_all_forms_of_a_body_read_alike(tmp_path):
    """Bytes, part of a file, and a stream; the limit itself is allowed."""
    for limit in (None, 5, 6):
        assert [b"23456"] * 3 == [complete(wire.read(body, limit)) for body in bodies(tmp_path)]


def test_a_body_beyond_the_limit_is_refused(tmp_path):
    """However it comes."""
    for body in bodies(tmp_path):
        with pytest.raises(BodyTooLarge):
            complete(wire.read(body, 4))


def test_an_endless_stream_is_read_no_further_than_the_limit():
    """The rest is never asked for."""
    asked = []

    async def endless():
        while True:
            asked.append(True)
            yield b"x" * 10

    async def story():
        body = endless()
        with pytest.raises(BodyTooLarge):
            await wire.read(body, 25)
        await body.aclose()

    asyncio.run(story())

    assert 3 == len(asked)


def test_octets_are_what_was_read_already():
    """A stream nobody has read is not passed over as empty."""
    assert b"x" == wire.octets(b"x")
    with pytest.raises(TypeError):
        wire.octets(FileSlice("file", 0, 1))


def test_an_error_says_whether_the_request_was_sent():
    """Unless it is known not to have been, it may have been."""
    assert NetworkError("timeout").sent
    assert not NetworkError("no such host", sent=False).sent
    assert "timeout" == str(NetworkError("timeout"))


def told(transcript, order=(1, 2, 3), **change):
    """Three exchanges, ended in some order; `change` alters a fact of the second."""
    exchanges = {}
    for number in (1, 2, 3):
        request = Request("GET", f"https://b.example/{number}", {"a": "1", "b": "2"}, b"body", "10.0.0.1")
        exchange = transcript.begin("a.example", "b.example", request, float(number))
        exchange.response = Response(200, {"c": "3", "d": "4"}, b"answer")
        exchange.ended = number + 0.5
        exchanges[number] = exchange
    for name, value in change.items():
        setattr(exchanges[2], name, value)
    for number in order:
        transcript.finish(exchanges[number])
    return transcript


def test_a_transcript_holds_the_exchanges_in_order():
    """Numbered from 1 as they began."""
    transcript = told(Transcript(), order=(3, 1, 2))

    assert [1, 2, 3] == [exchange.number for exchange in transcript]
    assert 3 == len(transcript)


SECOND = {
    "url": "https://b.example/2",
    "headers": {"a": "1", "b": "2"},
    "body": b"body",
    "remote": "10.0.0.1",
}


@pytest.mark.parametrize(
    "change",
    [
        {"source": "x"},
        {"target": "x"},
        {"started": 9.0},
        {"ended": 9.0},
        {"ended": None},
        {"error": "timeout"},
        {"faults": ("delay",)},
        {"response": None},
        {"response": Response(201, {"c": "3", "d": "4"}, b"answer")},
        {"response": Response(200, {"c": "3"}, b"answer")},
        {"response": Response(200, {"c": "3", "d": "4"}, b"")},
        {"request": Request("PUT", **SECOND)},
        {"request": Request("GET", **SECOND | {"url": "https://b.example/"})},
        {"request": Request("GET", **SECOND | {"headers": {"a": "2", "b": "1"}})},
        {"request": Request("GET", **SECOND | {"body": b""})},
        {"request": Request("GET", **SECOND | {"remote": ""})},
    ],
    ids=str,
)
@pytest.mark.parametrize("keep", [True, False])
def test_every_fact_is_in_the_digest(change, keep):
    """Two runs that differ in anything differ in their digests."""
    assert told(Transcript()).digest() != told(Transcript(keep=keep), **change).digest()


def test_what_means_the_same_has_the_same_digest():
    """The order of header fields and the order of endings do not matter, and asking changes nothing."""
    headers = {"b": "2", "a": "1"}
    transcript = told(Transcript(), order=(2, 3, 1), request=Request("GET", **SECOND | {"headers": headers}))

    assert told(Transcript()).digest() == transcript.digest() == transcript.digest()


def test_fewer_exchanges_are_another_digest():
    """An empty transcript has one, too."""
    transcript = Transcript()
    empty = transcript.digest()
    told(transcript)

    assert empty != transcript.digest()


def test_a_transcript_need_not_be_kept():
    """It still counts, and its digest is the same; what is under way is in memory."""
    transcript = told(Transcript(keep=False))
    kept = told(Transcript())
    for each in (transcript, kept):
        each.begin("a", "b", Request("GET", "https://b/"), 4.0)

    assert [4] == [exchange.number for exchange in transcript]
    assert 4 == len(transcript)
    assert kept.digest() == transcript.digest()


@pytest.mark.parametrize("keep", [True, False])
def test_an_observer_sees_each_exchange_when_it_is_over(keep):
    """Once, and with all its facts."""
    seen = []
    told(Transcript(keep=keep, observers=(seen.append,)), order=(2, 1, 3))

    assert [2, 1, 3] == [exchange.number for exchange in seen]
    assert all(isinstance(exchange, Exchange) and exchange.response for exchange in seen)


@given(st.text(alphabet=st.characters()), st.text(alphabet=st.characters()))
def test_any_text_can_be_digested(url, header):
    """Also what is no character, such as half of a surrogate pair."""
    first, second = Transcript(), Transcript()
    for transcript, path in ((first, url), (second, url + "x")):
        transcript.begin("a", "b", Request("GET", path, {"h": header}), 0.0)

    assert first.digest() == first.digest() != second.digest()


@pytest.mark.parametrize(
    ("authority", "name"),
    [("a.example:8443", "a.example"), ("a.example", "a.example"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]")],
)
def test_a_name_is_an_authority_without_its_port(authority, name):
    """An IPv6 literal has colons of its own."""
    assert name == wire.hostname(authority)
