def test_a_lost_request_reaches_nobody(trial):
    """The caller waits in vain, and the peer was never asked."""
    trial.plant("lost_request", target="beta")

    assert ["timeout"] == trial.outcomes()
    assert [] == trial.arrived
    assert [200] == trial.outcomes(target="gamma")


def test_only_as_many_as_were_ordered_are_lost(trial):
    """After `count` messages the network is well again."""
    trial.plant("lost_request", count=2)

    assert ["timeout", "timeout", 200] == trial.outcomes(3)


def test_a_share_of_the_messages_is_lost(new_trial):
    """About as many as `probability` says, the same ones for the same seed."""

    def outcomes(seed):
        return new_trial(seed).plant("lost_request", probability=0.3).outcomes(200)

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert 40 < outcomes(1).count("timeout") < 80


def test_messages_are_lost_in_a_window_of_time(trial):
    """It begins at `start` and is over at `end`, in seconds since the run began."""
    trial.plant("lost_request", start=1.0, end=5.0)

    assert [200, "timeout", 200] == trial.outcomes(3)
