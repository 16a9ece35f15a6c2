import asyncio
import threading

import pytest

from meshsim.network.leaping import LeapingLoop


@pytest.fixture
def run():
    """Runs a story on a loop that leaps."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        yield runner.run


def test_waiting_takes_no_time_and_timeouts_are_in_its_time(run):
    """Whoever is patient for an hour is so in less than a moment."""

    async def story():
        loop = asyncio.get_running_loop()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await loop.create_future()
        return loop.time()

    assert 3600 == pytest.approx(run(story()))


def test_octets_on_their_way_arrive_before_time_passes(run):
    """However many there are: neither sender nor receiver runs into a timeout that is next to nothing."""

    async def story():
        loop = asyncio.get_running_loop()

        async def swallow(reader, writer):
            while await reader.read(1 << 16):
                pass
            writer.write(b"done")
            writer.close()

        server = await asyncio.start_server(swallow, "127.0.0.1", 0)
        async with server, asyncio.timeout(0.001):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            for _ in range(100):
                writer.write(b"x" * (1 << 18))
                await writer.drain()
            writer.write_eof()
            said = await reader.read()
            writer.close()
        return said, loop.time()

    assert (b"done", 0.0) == run(story())


def test_time_stands_still_while_a_thread_is_at_work(run):
    """What takes long in a thread is late for nothing."""
    go_on = threading.Event()

    async def story():
        loop = asyncio.get_running_loop()
        loop.call_later(0.0, go_on.set)
        async with asyncio.timeout(0.001):
            return await loop.run_in_executor(None, go_on.wait, 60)

    assert run(story())


def test_time_stands_still_while_a_message_is_on_the_wire(run):
    """What the system holds back for a while, as it does with acknowledgements, is not overtaken."""

    async def story():
        loop = asyncio.get_running_loop()
        loop.on_the_wire = lambda: not arrived.done()
        arrived = loop.create_future()
        late = threading.Timer(0.05, loop.call_soon_threadsafe, (arrived.set_result, None))
        late.start()
        async with asyncio.timeout(0.001):
            await arrived
        late.join()
        return loop.time()

    assert 0.0 == run(story())
