from meshsim.clocks import drift


def test_drift_grows_from_the_first_reading():
    """Right at first, and a rate of a hundredth is a second wrong after a hundred."""
    skew = drift.build(rate=0.01)

    assert [5000.0, 5101.0] == [skew(now) for now in (5000.0, 5100.0)]


def test_a_clock_may_be_slow():
    """Then it falls behind."""
    skew = drift.build(rate=-0.5)

    assert [0.0, 5.0] == [skew(now) for now in (0.0, 10.0)]
