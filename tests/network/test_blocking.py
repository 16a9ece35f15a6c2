import pytest

from meshsim.network.blocking import complete
from meshsim.network.kernel import sleep


async def inner(value):
    return value


async def outer(value):
    return await inner(value)


def test_a_coroutine_that_does_not_wait_gives_its_result():
    """However deep it awaits."""
    assert 42 == complete(outer(42))


def test_an_exception_is_the_callers():
    """It arrives as it was raised."""

    async def boom():
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        complete(boom())


def test_waiting_is_refused():
    """There is no kernel that could wake it; what it waited for is named."""

    async def nap():
        await sleep(1.5)

    with pytest.raises(RuntimeError, match=r"1\.5"):
        complete(nap())
