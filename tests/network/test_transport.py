import asyncio
import gzip

import httpx
import pytest

from meshsim.faults import lost_answer, lost_request
from meshsim.network.kernel import Deadlock, sleep
from meshsim.network.transport import MeshTransport
from meshsim.wire import Response

BETA = "https://beta.example.org"


@pytest.fixture
def client(fabric):
    with httpx.Client(transport=MeshTransport(fabric, "browser.example.org")) as client:
        yield client


def test_a_client_reaches_a_host_by_its_url(client, fabric):
    """As if it were on the Internet."""
    answer = client.post(f"{BETA}/x?y=1", content=b"hello", headers={"X-Many": "1"})

    assert (200, b"hello") == (answer.status_code, answer.content)
    assert fabric.address_of("browser.example.org") == answer.headers["x-remote"]
    (exchange,) = fabric.transcript
    assert ("POST", f"{BETA}/x?y=1", "1") == (
        exchange.request.method,
        exchange.request.url,
        exchange.request.headers["x-many"],
    )


def test_an_async_client_reaches_it_as_well(fabric):
    """From within asyncio, one call after the other or several at once."""

    async def story():
        async with httpx.AsyncClient(transport=MeshTransport(fabric, "browser.example.org")) as client:

            async def body():
                yield b"a"
                yield b"b"

            first = await client.put(f"{BETA}/", content=body())
            both = await asyncio.gather(client.get(f"{BETA}/1"), client.get(f"{BETA}/2"))
            return [first.content, *(answer.status_code for answer in both)]

    assert [b"ab", 200, 200] == asyncio.run(story())


def test_fields_of_one_name_are_joined(client, fabric):
    """As RFC 9110, 5.2 allows."""
    client.get(BETA, headers=[("x-a", "1"), ("x-a", "2")])

    (exchange,) = fabric.transcript
    assert "1, 2" == exchange.request.headers["x-a"]


def test_content_coding_is_left_to_the_client(client, fabric):
    """It is undone once, by the client."""

    async def handler(request):
        return Response(200, {"content-encoding": "gzip"}, gzip.compress(b"hello", mtime=0))

    fabric.attach("gamma.example.org", handler)

    assert b"hello" == client.get("https://gamma.example.org/").content


def test_a_host_that_is_not_there_is_a_connect_error(client, fabric):
    """The client may safely try again."""
    with pytest.raises(httpx.ConnectError, match="no such host"):
        client.get("https://nowhere.example.org/")


def test_no_answer_in_time_is_a_read_timeout(client, fabric):
    """Measured in virtual time, by the client's own limit."""
    fabric.add_fault("lost_answer", lost_answer.build())
    start = fabric.kernel.now

    with pytest.raises(httpx.ReadTimeout):
        client.get(BETA, timeout=77.0)
    assert start + 77.0 == fabric.kernel.now


def test_a_client_without_a_timeout_is_told_that_it_waits_in_vain(client, fabric):
    """Rather than hanging."""
    fabric.add_fault("lost_request", lost_request.build())

    with pytest.raises(Deadlock):
        client.get(BETA, timeout=None)


def test_a_reset_is_a_read_error(client, fabric):
    """The peer may have acted."""

    async def handler(request):
        await sleep(5)
        return Response(200)

    fabric.attach("gamma.example.org", handler)
    fabric.kernel.later(1, lambda: fabric.crash("gamma.example.org"))

    with pytest.raises(httpx.ReadError):
        client.get("https://gamma.example.org/", timeout=60)


def test_a_handler_may_call_by_a_blocking_client(client, fabric):
    """Time then runs on inside the call."""

    async def handler(request):
        inner = httpx.Client(transport=MeshTransport(fabric, "gamma.example.org"))
        await sleep(1)
        return Response(200, {}, inner.get(BETA).headers["x-remote"].encode())

    fabric.attach("gamma.example.org", handler)

    assert fabric.address_of("gamma.example.org") == client.get("https://gamma.example.org/").text


def test_odd_characters_in_headers_do_no_harm(client, fabric):
    """What cannot be encoded at all is replaced."""

    async def handler(request):
        return Response(200, {"x-name": "Zoë", "x-broken": "\ud800"})

    fabric.attach("gamma.example.org", handler)
    answer = client.get("https://gamma.example.org/")

    assert ("Zoë", "?") == (answer.headers["x-name"], answer.headers["x-broken"])
