def test_a_lost_answer_leaves_the_work_done(trial):
    """The caller waits in vain, and the peer has acted."""
    trial.plant("lost_answer", path="/ocm/shares")

    assert ["timeout"] == trial.outcomes(path="/ocm/shares")
    assert 1 == len(trial.arrived)
    assert [200] == trial.outcomes(path="/ocm/notifications")
