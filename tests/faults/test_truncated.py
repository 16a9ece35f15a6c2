def test_the_body_ends_too_early(trial):
    """Half of it is there unless otherwise ordered."""
    trial.plant("truncated")
    answer = trial.ask()

    assert (200, b"01234") == (answer.status, answer.body)


def test_how_much_is_kept_can_be_ordered(trial):
    """From nothing to all."""
    trial.plant("truncated", keep=0.0)

    assert b"" == trial.ask().body
