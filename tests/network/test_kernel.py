import asyncio
import gc
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.network.kernel import Crashed, Deadlock, Kernel, Owner, Promise, sleep


class Mortal(Owner):
    def __init__(self, kernel):
        self.kernel = kernel
        self.alive = True

    def die(self):
        self.alive = False
        self.kernel.drop(self)


@pytest.fixture
def kernel():
    return Kernel(start=100.0)


async def never(kernel):
    await Promise(kernel)


async def boom(after=0.0):
    await sleep(after)
    raise ValueError("boom")


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5, 3.0]), max_size=30))
def test_what_is_due_runs_in_the_order_of_time_and_then_of_scheduling(delays):
    """No two acts change places, whatever order they were asked for in."""
    kernel = Kernel(start=0.0)
    ran = []
    for number, delay in enumerate(delays):
        kernel.later(delay, lambda number=number: ran.append((kernel.now, number)))

    assert kernel.settle()
    assert sorted((max(delay, 0.0), number) for number, delay in enumerate(delays)) == ran


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_sleepers_wake_in_order(naps):
    """Coroutines that sleep twice wake up as the sums of their naps say."""
    kernel = Kernel(start=0.0)
    woken = []

    async def sleeper(number, first, second):
        await sleep(first)
        woken.append((kernel.now, number))
        await sleep(second)
        woken.append((kernel.now, number))

    for number, (first, second) in enumerate(naps):
        kernel.spawn(sleeper(number, first, second))

    assert kernel.settle()
    assert sorted(time for time, _ in woken) == [time for time, _ in woken]
    expected = [(float(t), n) for n, (first, second) in enumerate(naps) for t in (first, first + second)]
    assert sorted(expected) == sorted(woken)


def test_time_passes_only_by_waiting(kernel):
    """A run of an hour ends an hour later, and what does not wait takes no time."""

    async def work():
        before = kernel.now
        await sleep(3600)
        return before, kernel.now

    assert (100.0, 3700.0) == kernel.run(work())


def test_an_exception_reaches_who_ran_the_coroutine(kernel):
    """An error of the main coroutine is raised as it is."""
    with pytest.raises(ValueError, match="boom"):
        kernel.run(boom())


def test_a_coroutine_that_nothing_can_wake_is_a_deadlock(kernel):
    """The kernel says so instead of waiting for ever, and names who waits."""
    with pytest.raises(Deadlock, match="never"):
        kernel.run(never(kernel))
    assert {} == kernel.tasks


def test_what_is_not_of_this_clock_cannot_be_awaited(kernel):
    """An asyncio future would never end here, so it is refused."""
    loop = asyncio.new_event_loop()

    async def foreign():
        await loop.create_future()

    with pytest.raises(TypeError, match="virtual time"):
        kernel.run(foreign())
    loop.close()


def test_a_foreign_wait_that_is_insisted_on_fails_too(kernel):
    """Code that swallows the refusal and waits again is not left hanging."""
    loop = asyncio.new_event_loop()

    async def stubborn():
        for _ in range(2):
            try:
                await loop.create_future()
            except TypeError:
                continue

    with pytest.raises(TypeError, match="let go"):
        kernel.run(stubborn())
    loop.close()


def test_the_first_outcome_of_a_promise_counts(kernel):
    """In a race with a timeout the loser is ignored."""
    promise = Promise(kernel)
    kernel.later(2, lambda: promise.resolve("late"))
    kernel.later(1, lambda: promise.fail(TimeoutError()))

    async def wait():
        await promise

    with pytest.raises(TimeoutError):
        kernel.run(wait())
    assert kernel.settle()
    with pytest.raises(TimeoutError):
        promise.result()


def test_a_task_can_be_awaited_before_and_after_its_end(kernel):
    """Its result waits for whoever asks."""

    async def answer():
        await sleep(1)
        return 42

    async def main():
        task = kernel.spawn(answer())
        return await task, await task

    assert (42, 42) == kernel.run(main())


def test_an_error_in_the_background_fails_the_run(kernel):
    """A task nobody waits for cannot fail unseen, and it is told once."""

    async def main():
        kernel.spawn(boom())
        await sleep(1)

    with pytest.raises(ExceptionGroup) as told:
        kernel.run(main())
    assert ["boom"] == [str(error) for error in told.value.exceptions]
    assert told.value.exceptions == tuple(kernel.failures)
    assert kernel.settle()


@pytest.mark.parametrize("drive", [lambda k: k.advance(5), lambda k: k.settle()])
def test_advance_and_settle_tell_of_errors_too(kernel, drive):
    """It does not matter by what means time passes."""
    kernel.spawn(boom(1))

    with pytest.raises(ExceptionGroup):
        drive(kernel)


def test_an_error_of_the_main_coroutine_is_told_together_with_those_behind_it(kernel):
    """A symptom does not hide its cause."""

    async def main():
        kernel.spawn(boom())
        await sleep(1)
        raise KeyError("symptom")

    with pytest.raises(ExceptionGroup) as told:
        kernel.run(main())
    assert [KeyError, ValueError] == [type(error) for error in told.value.exceptions]


def test_an_awaited_error_is_no_failure(kernel):
    """Whoever awaits a task deals with its error."""

    async def main():
        task = kernel.spawn(boom(1))
        with pytest.raises(ValueError, match="boom"):
            await task

    kernel.run(main())

    assert [] == kernel.failures


def test_advance_runs_what_is_due_and_no_more(kernel):
    """The end of the span belongs to it."""
    ran = []
    for delay in (1, 5, 5.001):
        kernel.later(delay, lambda delay=delay: ran.append(delay))

    kernel.advance(5)

    assert [1, 5] == ran
    assert 105.0 == kernel.now


def test_settle_tells_quiet_from_the_limit(kernel):
    """Something that repeats itself is never quiet; the clock then stands at the limit."""

    def again():
        kernel.later(7, again)

    kernel.later(3, lambda: None)
    assert kernel.settle(limit_seconds=50)
    assert 103.0 == kernel.now

    again()
    assert not kernel.settle(limit_seconds=50)
    assert 153.0 == kernel.now


def test_what_is_forgotten_takes_no_time(kernel):
    """The timer of a dead owner does not move the clock."""
    owner = Mortal(kernel)
    kernel.later(1000, lambda: pytest.fail("ran"), owner)
    owner.die()

    assert kernel.settle()
    assert 100.0 == kernel.now


def test_a_dead_owner_is_never_resumed(kernel):
    """Its coroutines are closed where they stand, its timers are forgotten, and nothing is printed."""
    owner, steps = Mortal(kernel), []

    async def work():
        steps.append("started")
        try:
            await sleep(10)
            steps.append("resumed")
        finally:
            steps.append("closed")
            await sleep(1)
            steps.append("went on")

    kernel.spawn(work(), owner)
    kernel.advance(1)
    kernel.spawn(work(), owner)
    owner.die()
    gc.collect()

    assert ["started", "closed"] == steps
    assert kernel.settle()
    assert ["started", "closed"] == steps


def test_crashed_kills_the_owner_of_the_task(kernel):
    """A crash point in a background task takes the whole owner with it."""
    owner = Mortal(kernel)

    async def crash():
        raise Crashed("here")

    other = kernel.spawn(never(kernel), owner)
    kernel.spawn(crash(), owner)

    assert kernel.settle()
    assert not owner.alive
    assert other not in kernel.tasks


def test_a_crash_under_a_task_of_the_run_is_a_failure(kernel):
    """A story whose host went down without its knowing has not passed."""

    async def crash():
        raise Crashed("here")

    kernel.spawn(crash())

    with pytest.raises(ExceptionGroup, match="simulated path"):
        kernel.settle()


def test_whoever_runs_code_of_a_dead_owner_gets_crashed(kernel):
    """The death of its owner ends a main coroutine, before or while it runs."""
    owner = Mortal(kernel)
    kernel.later(1, owner.die)

    with pytest.raises(Crashed):
        kernel.run(never(kernel), owner)
    with pytest.raises(Crashed):
        kernel.run(never(kernel), owner)


def test_a_run_within_a_run_moves_the_same_clock(kernel):
    """Code that cannot await may still call: the outer coroutine goes on when the inner has ended."""

    async def inner():
        await sleep(5)
        return kernel.now

    async def outer():
        first = kernel.run(inner())
        await sleep(1)
        return first, kernel.now

    assert (105.0, 106.0) == kernel.run(outer())


def test_a_failure_within_a_nested_run_surfaces_at_the_outermost(kernel):
    """It is not the inner caller's fault, but it fails the run."""

    async def outer():
        kernel.spawn(boom())
        return kernel.run(asleep())

    async def asleep():
        await sleep(1)

    with pytest.raises(ExceptionGroup):
        kernel.run(outer())


@pytest.mark.parametrize("time", [math.inf, math.nan])
def test_there_is_no_such_time(kernel, time):
    """What would never come, or breaks the order of all else, is refused at once."""
    with pytest.raises(ValueError, match="no such time"):
        kernel.at(time, lambda: None)


def test_close_forgets_everything(kernel):
    """After it nothing is due, and coroutines that never began leave no warning."""
    kernel.spawn(never(kernel))
    kernel.advance(1)
    kernel.spawn(never(kernel))
    kernel.close()
    gc.collect()

    assert {} == kernel.tasks
    assert kernel.settle()
