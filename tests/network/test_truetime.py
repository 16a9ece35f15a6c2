import asyncio

from meshsim.network.leaping import LeapingLoop
from meshsim.network.truetime import TrueTime

START = 1767225600.0


def test_what_is_due_happens_in_order_and_when_it_was_due():
    """On a loop that leaps, a day of waiting takes no day."""

    async def story():
        time, done = TrueTime(asyncio.get_running_loop(), START), []
        for hours in (24, 1, 2):
            time.later(hours * 3600.0, lambda hours=hours: done.append((hours, time.now() - START)))
        await time.sleep(25 * 3600.0)
        return done

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        assert [(hours, hours * 3600.0) for hours in (1, 2, 24)] == runner.run(story())


def test_without_a_loop_that_leaps_time_is_real():
    """A served mesh does not run ahead of the clock."""

    async def story():
        loop = asyncio.get_running_loop()
        time, began = TrueTime(loop, START), loop.time()
        await time.sleep(0.01)
        return time.now() - START, loop.time() - began

    told, passed = asyncio.run(story())

    assert 0.01 <= told
    assert 0.009 <= passed
