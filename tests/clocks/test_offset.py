from meshsim.clocks import offset


def test_an_offset_stays_the_same():
    """Ahead or behind, always by as much."""
    assert [90.0, 190.0] == [offset.build(seconds=-10.0)(now) for now in (100.0, 200.0)]
    assert 110.0 == offset.build(seconds=10.0)(100.0)
