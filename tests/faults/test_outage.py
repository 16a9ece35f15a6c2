def test_the_host_is_refused_to_all_and_all_to_the_host(trial):
    """At once, and it never hears of it."""
    trial.plant("outage", host="beta", end=10.0)

    assert ["connection refused"] == trial.outcomes(source="alpha", target="beta")
    assert ["connection refused"] == trial.outcomes(source="beta", target="alpha")
    assert [] == trial.arrived
    assert 0.0 == trial.fabric.kernel.now
    assert [200] == trial.outcomes(source="alpha", target="gamma")


def test_an_outage_ends_and_the_host_remembers(trial):
    """It was cut off, not crashed."""
    trial.plant("outage", host="beta", end=10.0)
    life = trial.fabric.hosts.get("beta").life
    trial.fabric.kernel.advance(10.0)

    assert [200] == trial.outcomes()
    assert life is trial.fabric.hosts.get("beta").life
