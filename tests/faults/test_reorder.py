def test_the_second_request_overtakes_the_first(trial):
    """And the fourth the third."""
    trial.plant("reorder", seconds=1.0)
    for number in range(4):
        trial.fabric.kernel.spawn(trial.send("alpha", "beta", body=b"%d" % number))

    assert trial.quiet()
    assert [b"1", b"3", b"0", b"2"] == [body for _, _, body in trial.arrived]


def test_each_pair_of_hosts_has_an_order_of_its_own(trial):
    """What others say does not change who is held back."""
    trial.plant("reorder", seconds=1.0)
    for target in ("beta", "gamma"):
        trial.fabric.kernel.spawn(trial.send("alpha", target))

    assert trial.quiet()
    assert [1.5, 1.5] == [time for time, _, _ in trial.arrived]
