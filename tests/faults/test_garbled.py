from meshsim.wire import Response


def test_as_many_octets_as_ordered_are_altered(trial):
    """Status, headers and length stay."""
    trial.plant("garbled", altered=3)
    answer = trial.ask()

    assert 3 == sum(a != b for a, b in zip(trial.answer.body, answer.body, strict=True))
    assert (200, trial.answer.headers) == (answer.status, answer.headers)


def test_a_short_body_is_altered_throughout(trial):
    """There is no more to alter than there is."""
    trial.answer = Response(200, {}, b"ab")
    trial.plant("garbled", altered=100)

    assert all(a != b for a, b in zip(b"ab", trial.ask().body, strict=True))


def test_nothing_cannot_be_garbled(trial):
    """An answer without a body is not touched, and not said to be."""
    trial.answer = Response(204)
    trial.plant("garbled")

    assert Response(204) == trial.ask()
    assert () == next(iter(trial.fabric.transcript)).faults
