from meshsim.clocks import jump


def test_a_jump_happens_at_its_time():
    """Right before, and wrong from then on; it may go back."""
    skew = jump.build(at=100.0, by=-30.0)

    assert [99.0, 70.0, 170.0] == [skew(now) for now in (99.0, 100.0, 200.0)]
