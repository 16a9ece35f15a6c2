import pytest

from meshsim.wire import Response

PLACE = "/.well-known/ocm"


@pytest.mark.parametrize("path", [PLACE, "/ocm-provider", "/ocm-provider/", "/cloud/ocm-provider"])
def test_the_old_document_is_given_out_again(trial, path):
    """What the host says now does not get through."""
    trial.plant("stale_discovery")
    trial.answer = Response(200, {}, b"old")
    first = trial.ask(path=path).body
    trial.answer = Response(200, {}, b"new")

    assert [b"old", b"old"] == [first, trial.ask(path=path).body]


def test_each_place_has_a_document_of_its_own(trial):
    """Hosts and paths are not mixed up."""
    trial.plant("stale_discovery")
    trial.answer = Response(200, {}, b"old")
    trial.ask(target="beta", path=PLACE)
    trial.answer = Response(200, {}, b"new")

    assert b"new" == trial.ask(target="gamma", path=PLACE).body
    assert b"new" == trial.ask(target="beta", path="/ocm-provider").body


def test_only_good_documents_are_remembered(trial):
    """An error is passed on as it is, and not repeated."""
    trial.plant("stale_discovery")
    trial.answer = Response(503, {}, b"down")
    assert 503 == trial.ask(path=PLACE).status
    trial.answer = Response(200, {}, b"up")

    assert b"up" == trial.ask(path=PLACE).body


def test_other_answers_are_left_alone(trial):
    """Even when they change."""
    trial.plant("stale_discovery")
    trial.ask(path="/ocm/shares")
    trial.answer = Response(200, {}, b"new")

    assert b"new" == trial.ask(path="/ocm/shares").body


def test_what_was_seen_before_the_window_is_remembered(trial):
    """The cache is as old as the run; it only starts to lie in the window, and stops after it."""
    trial.plant("stale_discovery", start=2.0, end=4.0)
    trial.answer = Response(200, {}, b"old")
    trial.ask(path=PLACE)
    trial.answer = Response(200, {}, b"new")

    assert [b"new", b"old", b"old", b"new"] == [trial.ask(path=PLACE).body for _ in range(4)]
