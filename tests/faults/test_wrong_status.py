def test_the_status_is_another_though_the_peer_has_acted(trial):
    """As from a proxy, with a page nobody asked for."""
    trial.plant("wrong_status", status=503)
    answer = trial.ask()

    assert (503, "text/html") == (answer.status, answer.headers["content-type"])
    assert 1 == len(trial.arrived)
