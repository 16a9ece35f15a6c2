"""Flows: what went well, what went wrong, and what had to be refused."""

import pytest

from meshsim.network.kernel import Crashed
from meshsim.ocm.errors import OcmError
from meshsim.story import Flow, Flows


@pytest.fixture
def flows(mesh):
    return Flows(mesh)


async def give(value):
    return value


async def fail(error):
    raise error


def test_what_succeeds_is_noted_and_its_result_given(mesh, flows):
    """A flow that ends as it should has no reason."""
    assert 7 == mesh.run(flows.expect("act", "a", "b", give(7)))
    assert [Flow("act", "a", "b", True)] == flows.done


def test_what_fails_is_noted_with_its_reason_and_the_story_goes_on(mesh, flows):
    """A refusal is no exception for the story."""
    assert mesh.run(flows.expect("act", "a", "b", fail(OcmError("no such thing")))) is None
    assert not flows.done[0].ok
    assert "no such thing" in flows.done[0].reason


def test_what_must_be_refused_must_be_refused_for_the_right_reason(mesh, flows):
    """Another reason, or none at all, is wrong."""
    assert mesh.run(flows.refuse("act", "a", "b", fail(OcmError("answered 403")), because="403"))
    assert not mesh.run(flows.refuse("act", "a", "b", fail(OcmError("answered 500")), because="403"))
    assert not mesh.run(flows.refuse("act", "a", "b", give(b"content"), because="403"))
    assert ["", "refused, but because answered 500", "was not refused, but gave b'content'"] == [
        flow.reason for flow in flows.done
    ]


def test_a_site_that_goes_down_ends_an_attempt_and_not_the_story(mesh, flows):
    """What people do at a crashed site is refused with SiteDown."""
    host = mesh.hosts[0]
    assert mesh.run(flows.attempt("act", host, "b", fail(Crashed(host)))) is None
    assert mesh.run(flows.expect("act", host, "b", fail(Crashed(host)))) is None

    assert [True, False] == [flow.ok for flow in flows.done]
    assert "went down" in flows.done[1].reason
    assert not mesh.is_up(host)


def test_our_own_mistakes_are_not_noted_but_raised(mesh, flows):
    """A bug is no flow."""
    with pytest.raises(ZeroDivisionError):
        mesh.run(flows.expect("act", "a", "b", fail(ZeroDivisionError())))


def test_progress_counts_flows(mesh):
    """Whoever watches learns of each flow."""
    seen = []
    flows = Flows(mesh, seen.append)
    flows.check("same", "a", "b", 1, 1)
    flows.check("other", "a", "b", 1, 2)

    assert [1, 2] == seen
    assert [True, False] == [flow.ok for flow in flows.done]


def test_a_part_that_cannot_go_on_does_not_end_the_story(mesh, flows):
    """It is noted where it broke off; one that ends well is not noted."""
    mesh.run(flows.part("a", "b", fail(OcmError("nobody there"))))
    mesh.run(flows.part("a", "b", give(1)))

    assert [Flow("go on", "a", "b", False, "OcmError: nobody there")] == flows.done
