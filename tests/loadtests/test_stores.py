from loadtests import stores


def test_every_store_is_measured(tmp_path, monkeypatch):
    """Each with a figure, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    rates = dict(stores.measure(0.01))

    assert {"memory", "sqlite, NORMAL", "sqlite, FULL"} < set(rates)
    assert all(rate > 0 for rate in rates.values())
    assert [] == list(tmp_path.iterdir())
