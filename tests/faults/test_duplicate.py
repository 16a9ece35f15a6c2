def test_the_request_arrives_twice(trial):
    """The caller gets one answer and knows nothing of the second arrival."""
    trial.plant("duplicate", after=3.0)

    assert [200] == trial.outcomes()
    assert trial.quiet()
    assert [0.5, 3.5] == [time for time, _, _ in trial.arrived]
