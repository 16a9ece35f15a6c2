import io
import math
import socket
import threading
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.network._answers import EAGER, Answer
from meshsim.network.blocking import BlockingPort, complete
from meshsim.network.kernel import sleep
from meshsim.wire import NetworkError, Request, read


async def inner(value):
    return value


async def outer(value):
    return await inner(value)


def test_a_coroutine_that_does_not_wait_gives_its_result():
    """However deep it awaits."""
    assert 42 == complete(outer(42))


def test_an_exception_is_the_callers():
    """It arrives as it was raised."""

    async def boom():
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        complete(boom())


def test_waiting_is_refused():
    """There is no kernel that could wake it; what it waited for is named."""

    async def nap():
        await sleep(1.5)

    with pytest.raises(RuntimeError, match=r"1\.5"):
        complete(nap())


def dial(scheme, authority, timeout):
    host, _, port = authority.rpartition(":")
    return socket.create_connection((host, int(port)), timeout)


@contextmanager
def answering(*answers, pause=None):
    """A server that reads a request and says the next answer, all on the connections that come."""
    door = socket.create_server(("127.0.0.1", 0))
    heard, left = [], list(answers)

    def serve():
        while left:
            connection, _ = door.accept()
            with connection:
                while left:
                    data = b""
                    while b"\r\n\r\n" not in data:
                        more = connection.recv(65536)
                        if not more:
                            break
                        data += more
                    if not data:
                        break
                    while b"chunked" in data and not data.endswith(b"0\r\n\r\n"):
                        data += connection.recv(65536)
                    heard.append(data)
                    answer = left.pop(0)
                    connection.sendall(answer)
                    if b"Connection: close" in answer or not answer:
                        break
                    if pause is not None and not left:
                        pause.wait(10)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with door:
        yield f"http://127.0.0.1:{door.getsockname()[1]}", heard
    thread.join(5)


def asked(port, method, url, **rest):
    return complete(port.send(Request(method, url, **rest)))


def whole(response):
    return complete(read(response.body))


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nok"


def test_a_request_is_sent_and_answered():
    """As httpx would, with one connection for both requests."""
    with answering(OK, OK) as (url, heard):
        port = BlockingPort(dial, "tests")
        first = asked(port, "GET", f"{url}/a?b", headers={"x-b": "c"})
        second = asked(port, "POST", f"{url}/", body=b"hi")
        port.close()

    assert (200, {"content-length": "2", "x-a": "1, 2"}, b"ok") == (first.status, first.headers, first.body)
    assert 200 == second.status
    where = url.removeprefix("http://")
    assert f"GET /a?b HTTP/1.1\r\nHost: {where}\r\nUser-Agent: tests\r\nx-b: c\r\n\r\n".encode() == heard[0]
    assert heard[1].endswith(b"Content-Length: 2\r\n\r\nhi")
    assert 2 == port.requests


def test_a_connection_that_was_closed_meanwhile_is_replaced_for_what_may_be_repeated():
    """A GET goes out again; of a POST nobody knows whether it was acted on."""
    for method, repeated in (("GET", True), ("POST", False)):
        with answering(OK, b"", OK) as (url, _):
            port = BlockingPort(dial)
            asked(port, "GET", url)
            if repeated:
                assert 200 == asked(port, method, url).status
            else:
                with pytest.raises(NetworkError, match="connection reset"):
                    asked(port, method, url)
                asked(port, "GET", url)
            port.close()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "connection reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nshort", "broke off"),
        (b"SSH-2.0 hello\r\n\r\nConnection: close", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nno field\r\nConnection: close\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nConnection: close\r\n\r\n", "no number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\nConnection: close\r\n\r\n", "no number"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\n", "coding"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nxx\r\n",
            "no size",
        ),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70000 + b"\r\nConnection: close\r\n\r\n", "too long"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(answer, why):
    """And the connection is not used again."""
    with answering(answer) as (url, _):
        port = BlockingPort(dial)
        with pytest.raises(NetworkError, match=why):
            asked(port, "GET", url)

        assert [] == [line for lines in port._idle.values() for line in lines]


def test_nobody_is_waited_for_longer_than_was_said():
    """Neither for the first byte nor for a body that never ends."""
    for answer in (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"):
        over = threading.Event()
        with answering(answer, pause=over) as (url, _):
            port = BlockingPort(dial)
            with pytest.raises(NetworkError, match="timeout"):
                complete(port.send(Request("GET", url), 0.2))
            over.set()


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://127.0.0.1:1/a b", "http://127.0.0.1:1/\r\nx"])
def test_what_cannot_be_asked_is_not(url):
    """A line break would begin a header."""
    with pytest.raises(NetworkError) as failed:
        asked(BlockingPort(dial), "GET", url)

    assert not failed.value.sent


def test_where_nobody_listens_is_told():
    """In the words of the other networks."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        place = door.getsockname()[1]
    with pytest.raises(NetworkError, match="connection refused"):
        asked(BlockingPort(dial), "GET", f"http://127.0.0.1:{place}/")


def test_streams_go_out_in_chunks_and_long_answers_come_bit_by_bit():
    """Nothing long is held whole; the connection serves again once it was read."""

    async def parts():
        yield b"abc"
        yield b""
        yield b"de"

    long = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + b"y" * 3000000
    with answering(long, OK) as (url, heard):
        port = BlockingPort(dial)
        response = asked(port, "PUT", url, body=parts())
        assert not isinstance(response.body, bytes)
        assert 3000000 == len(whole(response))
        assert 200 == asked(port, "GET", url).status
        port.close()

    assert heard[0].endswith(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")


BODIES = st.binary(max_size=200)


@given(BODIES, st.lists(st.integers(1, 50), max_size=8), st.integers(1, 40), st.sampled_from("lcu"))
def test_an_answer_is_the_same_however_it_comes_in_pieces(body, sizes, piece, framing):
    """By length, in chunks, or until the end; a head and what is after it are told apart."""
    head = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 207 Multi\r\nA: b\r\n"
    if framing == "l":
        text = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    elif framing == "u":
        text = head + b"\r\n" + body
    else:
        text, left = head + b"Transfer-Encoding: chunked\r\n\r\n", body
        for size in sizes:
            part, left = left[:size], left[size:]
            if part:
                text += b"%x;q=1\r\n%b\r\n" % (len(part), part)
        text += (b"%x\r\n%b\r\n" % (len(left), left) if left else b"") + b"0\r\nT: u\r\n\r\n"
    stream = io.BytesIO(text)
    answer = Answer(lambda size: stream.read(min(size, piece)))

    status, headers = answer.begin("GET", math.inf)
    assert (207, "b") == (status, headers["a"])
    assert body == answer.whole(math.inf)
    assert (framing != "u", True) == (answer.keep, answer.ended)


@given(st.integers(0, 20), st.integers(1, 7), st.integers(0, 50))
def test_a_long_answer_in_chunks_is_handed_on_whole(over, count, piece):
    """What was read to see that it is too long is not lost, wherever in a chunk that was."""
    size = (EAGER + over * 4099) // count + 1
    text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    text += (b"%x\r\n" % size + b"z" * size + b"\r\n") * count + b"0\r\n\r\n"
    stream = io.BytesIO(text)
    answer = Answer(lambda wanted: stream.read(min(wanted, 10_000 + piece * 997)))
    answer.begin("GET", math.inf)

    assert answer.whole(math.inf) is None
    found = 0
    while part := answer.part():
        assert len(part) == part.count(b"z")
        found += len(part)
    assert size * count == found
    assert answer.ended
