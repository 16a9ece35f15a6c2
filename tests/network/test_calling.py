import asyncio
from contextlib import suppress
from ipaddress import ip_network

import pytest

from meshsim.network.sockets import Sockets
from meshsim.wire import NetworkError, Request, read

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
def call():
    """Sends a request to a server that answers octets; `allowed` may be called besides the mesh."""

    def make(
        url, answer=b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", *, allowed=("127.0.0.0/8",), **door
    ):
        async def story():
            sockets = Sockets(asyncio.get_running_loop())
            sockets.caller.allowed = tuple(map(ip_network, allowed))
            asked = []

            async def serve(reader, writer):
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                await writer.drain()
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            for name in door.get("doors", ()):
                sockets.open_door(name, "127.0.0.1", port)
            try:
                request = Request("GET", url.format(port=port), door.get("headers", {}))
                response = await sockets.port("me.example").send(request, 5.0)
                return response, await read(response.body), asked
            finally:
                server.close()
                await sockets.close()

        return asyncio.run(story())

    return make


def test_a_host_of_the_mesh_is_called_by_its_name(call):
    """No DNS is asked, and nothing else has to be allowed."""
    response, body, (asked,) = call("http://a.example/x?y", doors=["a.example"], allowed=())

    assert (200, b"ok") == (response.status, body)
    assert asked.startswith(b"GET /x?y HTTP/1.1\r\nHost: a.example\r\n")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
        "http://0.0.0.0:{port}/",
        "http://nobody.invalid/",
        "http:///",
        "gopher://127.0.0.1:{port}/",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_a_peer_chose_is_not_called(call, url):
    """However it is spelled: what is not of the mesh and not allowed is not even connected to."""
    with pytest.raises(NetworkError) as refused:
        call(url, allowed=("198.51.100.0/24",))

    assert not refused.value.sent


def test_a_network_may_be_allowed(call):
    """For peers that are no part of the mesh."""
    assert 200 == call("http://127.0.0.1:{port}/")[0].status
    assert 200 == call("http://localhost:{port}/")[0].status


def test_a_redirect_is_handed_on_and_not_followed(call):
    """Whoever asked decides; the address in it was chosen by a peer."""
    answer = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    response, _, asked = call("http://a.example/", answer, doors=["a.example"])

    assert (302, 1) == (response.status, len(asked))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 5000 + b"\r\n",
    ],
)
def test_an_answer_that_is_none_is_told_as_the_peers_fault(call, answer):
    """And never as an error of ours."""
    with pytest.raises(NetworkError) as wrong:
        call("http://a.example/", answer, doors=["a.example"])

    assert wrong.value.sent


def test_a_long_answer_is_a_stream(call):
    """Memory does not grow with what a peer sends."""
    data = b"x" * (3 << 20)
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(data) + data
    response, body, _ = call("http://a.example/", answer, doors=["a.example"])

    assert not isinstance(response.body, bytes)
    assert data == body


def pass_on(body, timeout, silent=False):
    """What becomes of a body that is passed on to a server which reads all of it and then answers, or not."""

    async def story():
        sockets = Sockets(asyncio.get_running_loop())

        async def serve(reader, writer):
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await reader.readuntil(b"0\r\n\r\n")
                if silent:
                    await reader.read()  # and nothing is said
                writer.write(OK)
                await writer.drain()
            writer.close()
            ended.set()

        ended = asyncio.Event()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        sockets.open_door("a.example", *server.sockets[0].getsockname())
        try:
            return await sockets.port("me.example").send(
                Request("PUT", "http://a.example/", {}, body), timeout
            )
        finally:
            server.close()
            await sockets.close()
            await ended.wait()

    return asyncio.run(story())


def test_a_long_body_takes_as_long_as_it_takes():
    """Patience is with each part and with the answer, not with all of it."""

    async def parts():
        for _ in range(4):
            await asyncio.sleep(0.1)
            yield b"x"

    assert 200 == pass_on(parts(), 0.2).status
    with pytest.raises(NetworkError, match="timeout"):
        pass_on(parts(), 0.2, silent=True)


def test_what_goes_wrong_with_a_body_is_its_givers_to_explain():
    """The other server has nothing to do with it."""

    class TooSlow(Exception):
        pass

    async def parts():
        yield b"x"
        raise TooSlow

    with pytest.raises(TooSlow):
        pass_on(parts(), 5.0)
