"""What takes long, in both worlds."""

import asyncio
import threading

from meshsim.network.aside import AtOnce, Workers


def test_without_threads_it_is_done_here_and_now():
    """The thread is the caller's, and nothing is begun that must be waited for."""
    done = []
    aside = AtOnce()
    aside.soon(lambda: done.append(threading.get_ident()))
    work = aside(threading.get_ident)
    try:
        work.send(None)
    except StopIteration as end:
        done.append(end.value)

    assert [threading.get_ident()] * 2 == done


def test_with_threads_the_loop_goes_on():
    """Work that waits for something that the loop does gets it."""

    async def story():
        aside = Workers(asyncio.get_running_loop(), lambda error, who: None)
        begun, go = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def work():
            loop.call_soon_threadsafe(begun.set)
            go.wait()
            return threading.get_ident()

        task = asyncio.ensure_future(aside(work))
        await begun.wait()
        go.set()
        assert threading.get_ident() != await task
        aside.close()

    asyncio.run(asyncio.wait_for(story(), 60))


def test_what_nobody_waits_for_is_done_before_the_end_and_its_failure_told():
    """By the loop, as everything is told."""

    async def story():
        told, done = [], []
        failed = asyncio.Event()

        def report(error, who):
            told.append((str(error), threading.get_ident()))
            failed.set()

        aside = Workers(asyncio.get_running_loop(), report)
        aside.soon(lambda: done.append(1))
        aside.soon(lambda: {}["nothing"])
        aside.close()
        await failed.wait()
        return told, done

    told, done = asyncio.run(asyncio.wait_for(story(), 60))

    assert ([("'nothing'", threading.get_ident())], [1]) == (told, done)
