"""The benchmark of generators measures what it was asked for; its figures are the machine's."""

from loadtests import generators


def test_nothing_is_measured_that_was_not_asked_for():
    """And nothing is started for it."""
    assert [] == list(generators.measure("no such row", 0.1))
