import pytest


@pytest.mark.parametrize(("source", "target"), [("alpha", "gamma"), ("gamma", "alpha"), ("beta", "gamma")])
def test_what_crosses_is_lost(trial, source, target):
    """In both directions."""
    trial.plant("partition", group="alpha+beta")

    assert ["timeout"] == trial.outcomes(source=source, target=target)
    assert [] == trial.arrived


@pytest.mark.parametrize(("source", "target"), [("alpha", "beta"), ("beta", "alpha")])
def test_within_a_group_all_is_well(trial, source, target):
    """Only the border is closed."""
    trial.plant("partition", group="alpha+beta")

    assert [200] == trial.outcomes(source=source, target=target)


def test_those_on_neither_side_reach_both(trial):
    """When the other side is named, too."""
    trial.plant("partition", group="alpha", others="beta")

    assert ["timeout"] == trial.outcomes(source="alpha", target="beta")
    assert [200] == trial.outcomes(source="gamma", target="alpha")
    assert [200] == trial.outcomes(source="gamma", target="beta")


def test_an_answer_under_way_does_not_cross_either(trial):
    """The border closes after the request has arrived."""
    trial.plant("partition", group="alpha", start=0.25, end=60.0)

    assert ["timeout"] == trial.outcomes()
    assert 1 == len(trial.arrived)


def test_a_partition_heals(trial):
    """At the end of its window."""
    trial.plant("partition", group="alpha", end=10.0)

    assert ["timeout", 200] == trial.outcomes(2)
