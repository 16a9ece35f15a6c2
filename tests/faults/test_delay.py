def test_requests_arrive_later(trial):
    """By as many seconds as were ordered."""
    trial.plant("delay", seconds=2.0)
    trial.outcomes()

    assert [2.5] == [time for time, _, _ in trial.arrived]
    assert 3.0 == trial.fabric.kernel.now


def test_a_spread_lets_requests_overtake_each_other(trial):
    """Chance decides who comes first."""
    trial.plant("delay", seconds=0.0, spread=5.0)
    for number in range(10):
        trial.fabric.kernel.spawn(trial.send("alpha", "beta", body=b"%d" % number))

    assert trial.quiet()
    order = [body for _, _, body in trial.arrived]
    assert sorted(order) != order
    assert 10 == len(order)
