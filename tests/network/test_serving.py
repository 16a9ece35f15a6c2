import asyncio
import re
import time
from email.utils import parsedate_to_datetime

import pytest

from meshsim.network import _heads
from meshsim.network.http1 import Limits
from meshsim.network.serving import Server, bound
from meshsim.network.sockets import Sockets
from meshsim.wire import FileSlice, Response, read

BRIEF = Limits(idle=0.1)


@pytest.fixture
def talk():
    """Octets to a server whose host a.example answers by `handler`; what comes back, until it closes."""

    def make(octets, handler=None, *, limits=BRIEF):
        async def echo(request):
            body = await read(request.body)
            return Response(200, {"x-seen": f"{request.method} {request.url}"}, body)

        async def story():
            sockets = Sockets(asyncio.get_running_loop())
            sockets.hosts.get("a.example").factory = lambda life: handler or echo
            door = bound("127.0.0.1", 0)
            sockets.open_door("a.example", *door.getsockname()[:2])
            server = Server(sockets, limits)
            await server.listen(door)
            reader, writer = await asyncio.open_connection(*door.getsockname()[:2])
            for piece in [octets] if isinstance(octets, bytes) else octets:
                writer.write(piece)
                await writer.drain()
            try:
                answer = await reader.read()
            except ConnectionError:
                answer = b""
            writer.close()
            await server.close()
            await sockets.close()
            return answer, sockets

        return asyncio.run(asyncio.wait_for(story(), 30))

    return make


def get(path="/", extra=b""):
    return b"GET %b HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n%b\r\n" % (path.encode(), extra)


def status(answer):
    return int(answer.split(b" ", 2)[1])


def test_a_request_reaches_the_site_that_its_host_names(talk):
    """The site sees the URL as the caller wrote it."""
    answer, _ = talk(get("/x%2Fy?z"))

    assert 200 == status(answer)
    assert b"x-seen: GET http://a.example/x%2Fy?z\r\n" in answer


@pytest.mark.parametrize(("octets", "given"), [(get(), 200), (b"no HTTP\r\n\r\n", 400)])
def test_every_answer_says_when_it_was_given(talk, octets, given):
    """RFC 9110, 6.6.1: whoever has a clock sends Date; also with a refusal."""
    before = int(time.time())
    answer, _ = talk(octets)

    assert given == status(answer)
    (date,) = re.findall(rb"\r\ndate: ([^\r]+)\r\n", answer)
    assert before <= parsedate_to_datetime(date.decode()).timestamp() <= time.time()


def test_a_date_of_the_sites_own_stands(talk):
    """A site whose clock is wrong says so itself."""

    async def handler(request):
        return Response(200, {"date": "Thu, 01 Jan 1970 00:00:00 GMT"})

    answer, _ = talk(get(), handler)

    assert [b"Thu, 01 Jan 1970 00:00:00 GMT"] == re.findall(rb"\r\ndate: ([^\r]+)\r\n", answer)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"GET / HTTP/1.1\r\nHost: b.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: A.EXAMPLE.:80\r\n\r\n", 200),
        (b"GET / HTTP/1.1\r\nHost: A.EXAMPLE:80\r\n\r\n", 200),
        (b"GET http://a.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n", 200),
        (b"GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", 200),
        (b"GET * HTTP/1.1\r\nHost: a.example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\nExpect: miracles\r\n\r\n", 417),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\nX: \x00\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (
            b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a.example\r\n" + b"X: y\r\n" * 300 + b"\r\n", 431),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a.example\r\n\r\n", 414),
    ],
)
def test_what_is_malformed_or_misdirected_is_refused(talk, octets, expected, caplog):
    """With the right status, and without a word in the log."""
    answer, sockets = talk(octets)

    assert expected == status(answer)
    assert [] == sockets.failures
    assert b"Traceback" not in answer
    assert [] == [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


def test_a_long_body_is_a_stream_and_comes_after_its_leave(talk):
    """Who asks whether to send is told so only when somebody wants to read."""
    seen = []

    async def handler(request):
        seen.append(type(request.body).__name__)
        return Response(200, {}, str(len(await read(request.body))).encode())

    head = get("/", b"Content-Length: 300000\r\nExpect: 100-continue\r\n").replace(b"GET", b"PUT")
    answer, _ = talk([head, b"x" * 300_000], handler)

    assert ["Stream"] == seen
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert answer.endswith(b"300000")


def test_what_callers_show_to_be_let_in_is_not_kept_for_long(talk):
    """Headers are remembered for a moment, since the same come again; there may be passwords among them."""
    kept = []

    async def handler(request):
        kept.extend(_heads._heads)
        while _heads._heads:
            await asyncio.sleep(0)
        return Response(200)

    said = b"GET / HTTP/1.1\r\nHost: a.example\r\nAuthorization: Basic eDp5\r\n\r\n"
    answer, _ = talk(said, handler)

    assert 200 == status(answer)
    assert said in kept
    assert {} == _heads._heads


def test_a_part_of_a_file_leaves_as_it_is(talk, tmp_path):
    """Exactly the octets of the slice, and their number before them."""
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * 4096)

    async def handler(request):
        return Response(206, {"content-range": "bytes 5-700004/1048576"}, FileSlice(str(file), 5, 700_000))

    answer, _ = talk(get(), handler)
    head, _, body = answer.partition(b"\r\n\r\n")

    assert b"content-length: 700000" in head.lower()
    assert file.read_bytes()[5:700_005] == body


def test_whoever_does_not_begin_is_let_go(talk):
    """A connection without a request is closed after a while (slowloris)."""
    answer, _ = talk(b"GET / HTTP/1.1\r\nHost: a.exam", limits=Limits(head=0.05))

    assert b"" == answer


def test_a_body_that_does_not_come_on_is_given_up(talk):
    """The sender is told why."""
    head = get("/", b"Content-Length: 10\r\n").replace(b"GET", b"PUT")
    answer, sockets = talk([head, b"x"], limits=Limits(pause=0.05))

    assert 408 == status(answer)
    assert [] == sockets.failures


def test_there_is_a_most_of_connections(talk):
    """Beyond it, callers are told to come again."""
    answer, _ = talk(get(), limits=Limits(connections=0))

    assert 503 == status(answer)


def test_our_own_fault_is_told_in_the_log_and_not_to_the_caller(talk, caplog):
    """The caller learns that it is none of theirs."""

    async def handler(request):
        raise RuntimeError("secret")

    answer, sockets = talk(get(), handler)

    assert 500 == status(answer)
    assert b"secret" not in answer
    assert ["secret"] == [str(error) for error in sockets.failures]


def test_a_body_that_turns_out_to_be_no_http_is_the_callers_fault(talk):
    """What is malformed in the middle of a body is refused as what is malformed before it."""
    head = b"PUT / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    answer, sockets = talk([head, b"nonsense\r\n"])

    assert (400, 1) == (status(answer), answer.count(b"HTTP/1.1 "))
    assert [] == sockets.failures
