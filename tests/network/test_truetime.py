import asyncio

from meshsim.network.truetime import TrueTime


def test_what_nobody_is_busy_with_is_skipped_in_order():
    """A day of waiting takes no day, and things happen when they were due, one after the other."""

    async def story():
        time = TrueTime(asyncio.get_running_loop())
        time.skipping = True
        began, done = time.now(), []
        for hours in (24, 1, 2):
            time.later(hours * 3600.0, lambda hours=hours: done.append((hours, time.now() - began)))
        await time.sleep(25 * 3600.0)
        return done, time.skipped

    done, skipped = asyncio.run(story())

    assert [1, 2, 24] == [hours for hours, _ in done]
    assert all(hours * 3600 <= at < hours * 3600 + 60 for hours, at in done)
    assert 25 * 3600 - 60 < skipped <= 25 * 3600


def test_time_is_not_moved_on_while_something_happens():
    """What is under way takes real time, and a timeout of it does not come early."""

    async def story():
        busy = True
        time = TrueTime(asyncio.get_running_loop(), lambda: busy)
        time.skipping = True
        waiting = asyncio.ensure_future(time.sleep(3600.0))
        await asyncio.sleep(0.05)
        early = waiting.done()
        busy = False
        await waiting
        return early

    assert not asyncio.run(story())


def test_without_leave_nothing_is_skipped():
    """A served mesh keeps real time."""

    async def story():
        time = TrueTime(asyncio.get_running_loop())
        await time.sleep(0.01)
        return time.skipped

    assert 0.0 == asyncio.run(story())
