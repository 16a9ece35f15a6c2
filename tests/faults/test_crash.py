def test_a_host_crashes_at_its_nth_request(trial):
    """Before it acts; from then on it is down."""
    trial.plant("crash", host="beta", after=2)

    assert [200, "connection reset", "connection refused"] == trial.outcomes(3)
    assert 1 == len(trial.arrived)


def test_a_host_crashes_after_it_has_acted(trial):
    """The answer goes down with it."""
    trial.plant("crash", host="beta", answer=True)

    assert ["connection reset"] == trial.outcomes()
    assert 1 == len(trial.arrived)


def test_a_host_comes_back(trial):
    """As a new incarnation, and it crashes only once."""
    trial.plant("crash", host="beta", restart_after=5.0)

    assert ["connection reset", "connection refused"] == trial.outcomes(2)
    trial.fabric.kernel.advance(5.0)
    assert [200, 200] == trial.outcomes(2)
    assert 1 == trial.fabric.hosts.get("beta").life.number


def test_a_host_may_crash_again_and_again(trial):
    """At every second request, as often as was ordered."""
    trial.plant("crash", host="beta", after=2, restart_after=1.0, count=2)
    outcomes = []
    for _ in range(6):
        outcomes += trial.outcomes()
        trial.fabric.kernel.advance(1.0)

    assert [200, "connection reset"] * 2 + [200, 200] == outcomes


def test_only_requests_that_match_are_counted(trial):
    """Other paths and other hosts do not bring it nearer."""
    trial.plant("crash", host="beta", path="/ocm/shares")

    assert [200, 200] == trial.outcomes(2, path="/ocm/notifications")
    assert [200] == trial.outcomes(target="gamma", path="/ocm/shares")
    assert ["connection reset"] == trial.outcomes(path="/ocm/shares")
