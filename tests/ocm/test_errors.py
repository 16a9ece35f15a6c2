"""Errors know whose fault they are and what to answer."""

import pytest

from meshsim.ocm import errors


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.OcmError, 400),
        (errors.RemoteError, 400),
        (errors.Unauthenticated, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.Unsupported, 501),
        (errors.Unavailable, 503),
        (errors.LocalError, 400),
        (errors.PeerError, 502),
    ],
)
def test_each_error_has_its_status(kind, status):
    """Unless it is given another; all are OcmErrors."""
    assert status == kind("why").status
    assert isinstance(kind("why"), errors.OcmError)


def test_an_error_keeps_its_reason_and_problems():
    """And when to come back."""
    problem = errors.Problem("name", "is missing")
    error = errors.RemoteError("bad", (problem,), status=429, retry_after=7)

    assert ("bad", (problem,), 429, 7) == (error.message, error.problems, error.status, error.retry_after)


def test_a_peers_error_says_whether_it_may_have_acted():
    """Without an answer nothing is certain, unless the request never left."""
    assert errors.PeerError("timeout", certain=False).answered is None
    assert errors.PeerError("no", answered=403).certain
