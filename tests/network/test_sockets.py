import asyncio

from meshsim.network.sockets import Recent, Sockets
from meshsim.wire import Request


def test_only_the_last_exchanges_are_remembered():
    """A mesh that is served for a month does not fill the memory."""
    recent = Recent(3)
    for number in range(10):
        recent.finish(recent.begin("a", "b", Request("GET", f"https://b/{number}"), 0.0))

    assert [8, 9, 10] == [exchange.number for exchange in recent]
    assert 10 == len(recent)


def test_what_a_crashed_host_had_planned_is_forgotten():
    """Its tasks end and its timers never fire; those of its next life do."""
    done = []

    async def story():
        sockets = Sockets(asyncio.get_running_loop())

        def plan(word):
            async def act():
                done.append(word)

            sockets.clock("a.example").later(0.0, act)

        plan("before")
        sockets.crash("a.example")
        sockets.restart("a.example")
        plan("after")
        await sockets.time.sleep(0.01)
        await sockets.close()

    asyncio.run(story())

    assert ["after"] == done
