import pytest

from meshsim import plugins

OPTIONS = {
    "true": {},
    "offset": {"seconds": 60.0},
    "drift": {"rate": 0.01},
    "jump": {"at": 1000.5, "by": 3600.0},
}


@pytest.mark.parametrize("name", plugins.names("clocks"))
def test_a_clock_gives_seconds_and_goes_on(name):
    """With options that set nothing back, a later reading is a later time, and two runs agree."""

    def readings():
        skew = plugins.load("clocks", name)(**OPTIONS[name])
        return [skew(1000.0 + tick / 4) for tick in range(20)]

    assert all(isinstance(reading, float) for reading in readings())
    assert all(earlier < later for earlier, later in zip(readings(), readings()[1:], strict=False))
    assert readings() == readings()
