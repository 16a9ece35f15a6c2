def test_a_slow_peer_acts_at_once_and_answers_late(trial):
    """The request arrived on time."""
    trial.plant("slow", seconds=4.0)

    assert [200] == trial.outcomes()
    assert [0.5] == [time for time, _, _ in trial.arrived]
    assert 5.0 == trial.fabric.kernel.now


def test_a_peer_too_slow_is_given_up(trial):
    """The caller's timeout is shorter than its patience would have to be."""
    trial.plant("slow", seconds=60.0)

    assert ["timeout"] == trial.outcomes()
    assert 1 == len(trial.arrived)
