import asyncio
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from meshsim.network.guests import asgi_handler, wsgi_handler
from meshsim.network.kernel import Crashed, sleep
from meshsim.network.transport import MeshTransport
from meshsim.wire import NetworkError, Request, Response

GUEST, PEER = "guest.example.org", "peer.example.org"


@pytest.fixture
def peer(fabric):
    """A host that takes a second and says how often it was called."""
    calls = []

    async def handler(request):
        calls.append(request.url)
        await sleep(1)
        return Response(200, {}, b"peer %d" % len(calls))

    fabric.attach(PEER, handler)
    return calls


def asgi(fabric, during=lambda: None):
    """Calls the peer from a coroutine, and from a worker thread as frameworks do for `def` endpoints."""
    transport = MeshTransport(fabric, GUEST)

    async def awaits(request):
        async with httpx.AsyncClient(transport=transport) as client:
            answers = await asyncio.gather(*(client.get(f"https://{PEER}/") for _ in range(2)))
        during()
        return PlainTextResponse(" ".join(answer.text for answer in answers))

    def blocks(request):
        with httpx.Client(transport=transport) as client:
            return PlainTextResponse(client.get(f"https://{PEER}/").text + f" {request.client.host}")

    def fails(request):
        raise ZeroDivisionError("bug of the guest")

    routes = [Route("/awaits", awaits), Route("/blocks", blocks, methods=["PUT"]), Route("/fails", fails)]
    return asgi_handler(Starlette(routes=routes))


def wsgi(fabric):
    """Calls the peer where it stands."""

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/fails":
            raise ZeroDivisionError("bug of the guest")
        with httpx.Client(transport=MeshTransport(fabric, GUEST)) as client:
            text = client.get(f"https://{PEER}/").text
        body = environ["wsgi.input"].read()
        start_response("201 Created", [("Content-Type", "text/plain"), ("X-Who", environ["REMOTE_ADDR"])])
        return [text.encode(), b" ", body]

    return wsgi_handler(app)


def ask(fabric, method, path, body=b""):
    request = Request(method, f"https://{GUEST}{path}", {}, body)
    return fabric.kernel.run(fabric.port("alpha.example.org").send(request, 60))


def test_an_asgi_application_calls_other_hosts(fabric, peer):
    """Its calls take virtual time and are in the transcript under its own name."""
    fabric.attach(GUEST, asgi(fabric))
    start = fabric.kernel.now

    assert b"peer 1 peer 2" == ask(fabric, "GET", "/awaits").body
    assert fabric.kernel.now >= start + 2
    assert [GUEST, PEER, PEER] == [exchange.target for exchange in fabric.transcript]
    assert ["alpha.example.org", GUEST, GUEST] == [exchange.source for exchange in fabric.transcript]


def test_a_plain_function_of_an_asgi_application_calls_other_hosts(fabric, peer):
    """Although the framework runs it in a thread of its own."""
    fabric.attach(GUEST, asgi(fabric))

    answer = ask(fabric, "PUT", "/blocks")

    assert f"peer 1 {fabric.address_of('alpha.example.org')}".encode() == answer.body


def test_a_wsgi_application_calls_other_hosts(fabric, peer):
    """And sees method, body and caller."""
    fabric.attach(GUEST, wsgi(fabric))

    answer = ask(fabric, "PUT", "/x", b"hello")

    assert (201, b"peer 1 hello") == (answer.status, answer.body)
    assert fabric.address_of("alpha.example.org") == answer.headers["x-who"]


@pytest.mark.parametrize("kind", [asgi, wsgi])
def test_two_guests_call_each_other(fabric, kind):
    """A call back while the first is under way does not hang."""
    fabric.attach(GUEST, kind(fabric))

    def app(environ, start_response):
        with httpx.Client(transport=MeshTransport(fabric, PEER)) as client:
            text = client.get("https://beta.example.org/").headers["x-remote"]
        start_response("200 OK", [])
        return [text.encode()]

    fabric.attach(PEER, wsgi_handler(app))

    assert ask(fabric, "PUT", "/blocks").body.startswith(fabric.address_of(PEER).encode())


def test_calls_of_two_requests_overlap_in_time(fabric, peer):
    """The answer that comes first is given first, whoever asked first."""
    fabric.attach(GUEST, wsgi(fabric))
    done = []

    async def request(path, after):
        await sleep(after)
        await fabric.port("alpha.example.org").send(Request("GET", f"https://{GUEST}{path}"))
        done.append((path, fabric.kernel.now))

    start = fabric.kernel.now
    fabric.kernel.spawn(request("/first", 0))
    fabric.kernel.spawn(request("/second", 0.5))

    assert fabric.kernel.settle()
    assert ["/first", "/second"] == [path for path, _ in done]
    assert pytest.approx([1.0, 1.5], abs=0.05) == [time - start for _, time in done]


@pytest.mark.parametrize("kind", [asgi, wsgi])
def test_an_exception_of_the_application_fails_the_run(fabric, kind):
    """It is a bug, whoever made it."""
    fabric.attach(GUEST, kind(fabric))

    with pytest.raises(ExceptionGroup) as told:
        ask(fabric, "GET", "/fails")
    assert "bug of the guest" == str(told.value.exceptions[0])


@pytest.mark.parametrize(
    ("kind", "method", "path"), [(asgi, "GET", "/awaits"), (asgi, "PUT", "/blocks"), (wsgi, "GET", "/")]
)
def test_a_guest_that_crashes_leaves_no_thread_behind(fabric, peer, kind, method, path):
    """What it waited for never comes, and its caller is reset."""
    fabric.attach(GUEST, kind(fabric))
    fabric.kernel.later(0.5, lambda: fabric.crash(GUEST))
    before = {thread for thread in threading.enumerate() if not thread.name.startswith("AnyIO")}

    with pytest.raises(NetworkError, match="connection reset"):
        ask(fabric, method, path)

    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()
    fabric.restart(GUEST)
    assert ask(fabric, method, path).body.startswith(b"peer")


def test_a_guest_cannot_hold_off_a_crash(fabric, peer):
    """Handling every Exception does not help: Crashed is none."""
    seen = []

    def app(environ, start_response):
        with httpx.Client(transport=MeshTransport(fabric, GUEST)) as client:
            for _ in range(3):
                try:
                    client.get(f"https://{PEER}/")
                except Exception as error:
                    seen.append(error)
                except Crashed:
                    seen.append("crashed")
                    raise

    fabric.attach(GUEST, wsgi_handler(app))
    fabric.kernel.later(0.5, lambda: fabric.crash(GUEST))

    with pytest.raises(NetworkError, match="connection reset"):
        ask(fabric, "GET", "/")
    assert ["crashed"] == seen


def test_a_url_httpx_cannot_read_is_a_bad_request(fabric):
    """The application never hears of it."""
    fabric.attach(GUEST, wsgi(fabric))

    assert 400 == ask(fabric, "GET", "/\x00").status


def test_error_of_the_network_reaches_the_guest_as_httpx_error(fabric):
    """So that its own handling of them is tried."""

    def app(environ, start_response):
        try:
            httpx.Client(transport=MeshTransport(fabric, GUEST)).get("https://nowhere.example.org/")
        except httpx.ConnectError as error:
            start_response("502 Bad Gateway", [])
            return [str(error).encode()]

    fabric.attach(GUEST, wsgi_handler(app))

    assert b"no such host" == ask(fabric, "GET", "/").body
