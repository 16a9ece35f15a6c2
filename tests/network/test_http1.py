"""One connection: what is sent in any pieces means the same, and nothing a peer does holds us up."""

import asyncio
import gc
import os
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshsim.network import _heads, _polling
from meshsim.network._incoming import Incoming
from meshsim.network.http1 import Connection, Limits
from meshsim.wire import FileSlice, Response, read


async def echo(incoming):
    body = await read(incoming.body)
    return Response(200, {"x-seen": f"{incoming.method} {incoming.target}"}, body)


def talk(pieces, handler=echo, *, limits=None, reads=True, failures=None):
    """Send pieces, one after the other, over a real socket; all that comes back until it closes."""

    async def story():
        loop = asyncio.get_running_loop()
        failed = [] if failures is None else failures
        made = []

        def make():
            made.append(Connection(handler, limits or Limits(), loop, failed.append))
            return made[-1]

        server = await loop.create_server(make, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write_eof()
        answer = await reader.read() if reads else b""
        writer.close()
        server.close()
        await asyncio.gather(*(connection.task for connection in made))
        for connection in made:
            connection.abort()
        await asyncio.sleep(0)
        if failures is None:
            assert [] == failed
        return answer

    return asyncio.run(asyncio.wait_for(story(), 30))


def request(path="/", body=b"", *fields, method="GET", close=False):
    lines = [f"{method} {path} HTTP/1.1", "Host: a.example", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode() + body


def statuses(answer):
    return [int(part.split(b" ")[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]


PIPELINED = [
    request("/1"),
    request("/2", b"x" * 10, method="PUT"),
    request("/3", b"y" * 70_000, method="PUT"),
    b"PUT /4 HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    request("/5", method="HEAD"),
    request("/6", close=True),
]


@given(st.lists(st.integers(1, 71_000), max_size=8))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_requests_mean_the_same_however_they_are_cut(cuts):
    """Six of them on one connection, one after the other: bodies at once, in a stream, in chunks, or none."""
    octets = b"".join(PIPELINED)
    ends = sorted({min(cut, len(octets)) for cut in cuts} | {len(octets)})
    pieces = [octets[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    answer = talk(pieces)

    assert [200] * 6 == statuses(answer)
    seen = [line.split(b" ")[2] for line in answer.split(b"\r\n") if line.startswith(b"x-seen")]
    assert [b"/%d" % number for number in range(1, 7)] == seen
    assert b"y" * 70_000 in answer


SAID_AGAIN = [
    request("/1"),
    request("/2", b"abc", method="PUT"),
    request("/2", b"abc", method="PUT")[:-2],
    b"bc",
    request("/3", b"x" * 3000, method="PUT"),
    request("/1") + request("/2", b"other", method="PUT"),
    request("/4", close=True),
    b"GET /5 HTTP/1.0\r\nHost: a.example\r\nConnection: keep-alive\r\n\r\n",
    request("/6", b"", "X: " + "a" * _heads.LONGEST),
    b"PUT /7 HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"\r\n",
    b"GET",
    b" /8 HTTP/1.1\r\nHost: a.example\r\n\r\n",
    b"GET /9 HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
]


def fed(pieces):
    """What is answered on one connection to pieces that come one by one, each answered before the next."""

    async def story():
        loop = asyncio.get_running_loop()
        connection = Connection(echo, Limits(), loop, lambda error: None)
        said = []
        connection.connection_made(Wire(said))
        for piece in pieces:
            connection.data_received(piece)
            for _ in range(5):
                await asyncio.sleep(0)
        connection.connection_lost(None)
        await connection.task
        return b"".join(said)

    return asyncio.run(story())


class Wire:
    """Where a connection sends, without a socket."""

    def __init__(self, said):
        self.write = said.append

    def get_extra_info(self, name):
        return None

    def can_write_eof(self):
        return False

    def close(self):
        """Nobody is there."""

    pause_reading = resume_reading = close


@given(st.lists(st.sampled_from(SAID_AGAIN), max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_header_that_came_before_means_what_it_meant(pieces):
    """Whatever else came on the connection, in whichever pieces, and however its body ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_heads, "_heads", {})
        patch.setattr(_heads, "LONGEST", 0)
        expected = fed(pieces)
        assert {} == _heads._heads
        patch.undo()
        fed(SAID_AGAIN)
        assert request("/1") in _heads._heads
        assert expected == fed(pieces)


def test_no_more_headers_are_kept_than_there_is_room_for(monkeypatch):
    """However many different ones come; and none that is long."""
    monkeypatch.setattr(_heads, "_heads", {})
    monkeypatch.setattr(_heads, "MOST", 10)
    fed([request(f"/{number}") for number in range(25)] + [request("/long", b"", "X: " + "a" * 2048)])

    assert [request(f"/{number}") for number in range(20, 25)] == list(_heads._heads)


@pytest.mark.parametrize("times", [1, 2])
def test_who_waits_for_the_next_request_holds_nothing_of_the_last(times):
    """There may be many connections that wait, and long."""

    def held(connection):
        return sum(isinstance(one, Incoming) and one.connection is connection for one in gc.get_objects())

    async def story():
        connection = Connection(echo, Limits(), asyncio.get_running_loop(), lambda error: None)
        connection.connection_made(Wire([]))
        for _ in range(times):
            connection.data_received(request("/1", b"x" * 10_000, method="PUT"))
            assert 1 == held(connection)
            for _ in range(5):
                await asyncio.sleep(0)
        assert 0 == held(connection)
        connection.connection_lost(None)
        await connection.task

    asyncio.run(story())


class Turns:
    """A loop whose turns are taken by the test, at a time that it sets."""

    def __init__(self):
        self.soon, self.time = [], 0.0

    def call_soon(self, act):
        self.soon.append(act)

    def turn(self):
        acts, self.soon = self.soon, []
        for act in acts:
            act()


def test_after_an_answer_the_loop_stays_awake_for_a_moment_where_that_pays(monkeypatch):
    """It is left to sleep once that was in vain a few times, and tried again now and then."""
    loop = Turns()
    monkeypatch.setattr(_polling, "perf_counter", lambda: loop.time)
    polling = _polling.Polling(loop)

    def awake(asks):
        """Whether it stays awake after an answer, until a request or the end of the moment."""
        polling.answered()
        stays = bool(loop.soon)
        for _ in range(3):
            loop.turn()
        assert stays == bool(loop.soon)
        if asks:
            polling.asked()
        else:
            loop.time += _polling.MOMENT
        loop.turn()
        assert not loop.soon
        return stays

    hope, again = _polling.HOPE, _polling.AGAIN
    assert [True] * 50 == [awake(True) for _ in range(50)]
    assert [True] * hope == [awake(False) for _ in range(hope)]
    assert [False] * (again - 1) + [True] == [awake(False) for _ in range(again)]
    assert [False] * (again - 1) + [True] == [awake(True) for _ in range(again)]
    assert [True] * hope + [False] == [awake(False) for _ in range(hope + 1)]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n Folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, x\r\n\r\n", 400),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: a.example\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\nHost: a.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000, 431),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 129 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nExpect: more\r\n\r\n", 417),
        (b"\x16\x03\x01\x02\x00", 400),
    ],
)
def test_what_is_no_http_ends_the_connection(octets, expected):
    """With one answer that says so; nothing after it is read as a request."""
    answer = talk([octets, request("/smuggled")])

    assert expected == statuses(answer)[-1]
    assert b"/smuggled" not in answer
    assert b"connection: close" in answer


def test_no_other_protocol_is_switched_to():
    """The request is answered, and what follows it is not read."""
    answer = talk([request("/a", b"", "Connection: Upgrade", "Upgrade: h2c"), request("/b")])

    assert [200] == statuses(answer)


def test_an_unread_body_ends_the_connection():
    """A refusal does not wait for the body, and what comes of it is no request."""

    async def refuse(incoming):
        return Response(413)

    answer = talk([request("/", b"x" * 300_000 + request("/smuggled"), method="PUT")], refuse)

    assert [413] == statuses(answer)


@pytest.mark.parametrize("size", [1, 70_000, 9_000_000])
def test_a_file_leaves_whole(tmp_path, size):
    """By sendfile, more than a socket holds at once, and the next answer after it."""
    data = os.urandom(1000) * (size // 1000 + 1)
    (tmp_path / "file").write_bytes(data)

    async def handler(incoming):
        return Response(200, {}, FileSlice(str(tmp_path / "file"), 1, size))

    answer = talk([request(), request(close=True)], handler)
    first, _, rest = answer.partition(b"\r\n\r\n")

    assert f"content-length: {size}".encode() in first
    assert data[1 : size + 1] == rest[:size]
    assert rest.endswith(data[1 : size + 1])


def test_a_file_that_got_shorter_breaks_off(tmp_path):
    """The peer can tell that not all of it came."""
    (tmp_path / "file").write_bytes(b"x" * 10)

    async def handler(incoming):
        return Response(200, {}, FileSlice(str(tmp_path / "file"), 0, 100))

    try:
        answer = talk([request()], handler)
    except ConnectionResetError:
        return

    assert len(answer.partition(b"\r\n\r\n")[2]) < 100


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, b"\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
        ({"content-length": "3"}, b"\r\n\r\nabc"),
    ],
)
def test_a_stream_is_sent_in_chunks_where_its_length_is_not_known(headers, told):
    """Else as it is, so that whoever waits for it sees how much is left."""

    async def parts():
        yield b"ab"
        yield b""
        yield b"c"

    async def handler(incoming):
        return Response(200, headers, parts())

    answer = talk([request(close=True)], handler)

    assert answer.endswith(told)
    assert (b"chunked" in answer) is not (b"content-length: 3" in answer)


@pytest.mark.parametrize("length", [2, 4])
def test_a_stream_that_is_not_as_long_as_was_said_breaks_off(length):
    """The peer can tell, and takes nothing that follows for a part of it."""

    async def parts():
        yield b"abc"

    async def handler(incoming):
        return Response(200, {"content-length": str(length)}, parts())

    try:
        answer = talk([request(), request(close=True)], handler)
    except ConnectionResetError:
        return

    assert 1 >= answer.count(b"HTTP/1.1")
    assert len(answer.partition(b"\r\n\r\n")[2]) < 4


def test_a_line_break_in_a_header_is_not_sent():
    """It is our own fault, and no second answer."""
    failures = []

    async def handler(incoming):
        return Response(200, {"x": "a\r\nset-cookie: b"})

    try:
        answer = talk([request()], handler, failures=failures)
    except ConnectionResetError:
        answer = b""

    assert b"" == answer
    assert 1 == len(failures)


def test_a_body_that_breaks_off_is_told_to_its_reader():
    """It never looks complete."""
    told = []

    async def handler(incoming):
        try:
            await read(incoming.body)
        except ConnectionError as error:
            told.append(str(error))
            raise
        return Response(200)

    head = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
    with suppress(ConnectionResetError):
        assert b"" == talk([head, b"x" * 1000], handler)

    assert ["the body broke off"] == told
