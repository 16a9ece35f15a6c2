def test_what_the_sender_says_is_lost(trial):
    """Its requests never arrive."""
    trial.plant("one_way", sender="alpha", receiver="beta")

    assert ["timeout"] == trial.outcomes(source="alpha", target="beta")
    assert [] == trial.arrived


def test_its_answers_are_lost_as_well(trial):
    """The other host's requests do arrive."""
    trial.plant("one_way", sender="alpha", receiver="beta")

    assert ["timeout"] == trial.outcomes(source="beta", target="alpha")
    assert ["alpha"] == [host for _, host, _ in trial.arrived]


def test_others_are_heard(trial):
    """Only one direction between two hosts is closed."""
    trial.plant("one_way", sender="alpha", receiver="beta")

    assert [200] == trial.outcomes(source="alpha", target="gamma")
    assert [200] == trial.outcomes(source="gamma", target="beta")
