from meshsim.clocks import true


def test_a_true_clock_is_right():
    """It says what time it is."""
    assert 123.25 == true.build()(123.25)
