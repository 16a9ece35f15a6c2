"""What each verdict does to an exchange; the faults themselves are under tests/faults."""

import pytest

from meshsim.faults import PASS, Answer, Crash, Delay, Drop, Duplicate
from meshsim.network.fabric import Fabric
from meshsim.network.kernel import Kernel
from meshsim.wire import NetworkError, Request, Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"
LATENCY = 0.5


class Pair:
    """Alpha calls beta once, under one verdict for the request and one for the answer."""

    def __init__(self, on_request=PASS, on_answer=PASS):
        self.fabric = Fabric(Kernel(start=0.0), latency=LATENCY)
        self.arrivals = []
        self.fabric.attach(BETA, self.handle)
        self.verdicts = [on_request, on_answer]
        self.envelopes = []
        self.fabric.add_fault("planted", self.judge)

    async def handle(self, request):
        self.arrivals.append(self.fabric.kernel.now)
        return Response(200, {}, b"answer %d" % len(self.arrivals))

    def judge(self, envelope, rng):
        self.envelopes.append(envelope)
        first = envelope.number == 1
        return self.verdicts[envelope.response is not None] if first else PASS

    def ask(self, timeout=10.0):
        request = Request("POST", f"https://{BETA}/", body=b"question")
        return self.fabric.kernel.run(self.fabric.port(ALPHA).send(request, timeout))

    def fails(self, reason):
        with pytest.raises(NetworkError) as told:
            self.ask()
        assert reason == told.value.reason
        return told.value.sent

    @property
    def first(self):
        return next(iter(self.fabric.transcript))


def quiet(pair):
    """Everything has ended, and nothing is forgotten in the fabric."""
    return pair.fabric.kernel.settle() and {} == pair.fabric.flights


def test_pass_changes_nothing():
    """The fault was asked about the request and about the answer."""
    pair = Pair()

    assert b"answer 1" == pair.ask().body
    assert (1.0, ()) == (pair.first.ended, pair.first.faults)
    asked = [(e.number, e.source, e.target, e.time, e.elapsed) for e in pair.envelopes]
    assert [(1, ALPHA, BETA, 0.0, 0.0), (1, ALPHA, BETA, 0.5, 0.5)] == asked
    assert [None, 200] == [e.response and e.response.status for e in pair.envelopes]
    assert quiet(pair)


def test_a_dropped_request_never_arrives():
    """The caller waits until its timeout, and cannot know whether the peer acted."""
    pair = Pair(on_request=Drop())

    assert pair.fails("timeout")
    assert 10.0 == pair.fabric.kernel.now
    assert ([], None, ("planted",)) == (pair.arrivals, pair.first.response, pair.first.faults)
    assert quiet(pair)


def test_a_refused_request_is_known_at_once():
    """And known not to have been sent."""
    pair = Pair(on_request=Drop(refused=True))

    assert not pair.fails("connection refused")
    assert ([], 0.0) == (pair.arrivals, pair.fabric.kernel.now)
    assert quiet(pair)


def test_a_dropped_answer_leaves_the_caller_in_doubt():
    """The peer has acted, and its answer is on record."""
    pair = Pair(on_answer=Drop())

    assert pair.fails("timeout")
    assert ([0.5], 10.0) == (pair.arrivals, pair.fabric.kernel.now)
    assert (200, "timeout") == (pair.first.response.status, pair.first.error)
    assert quiet(pair)


def test_a_refused_answer_is_a_reset():
    """The connection breaks after the peer has acted."""
    pair = Pair(on_answer=Drop(refused=True))

    assert pair.fails("connection reset")
    assert ([0.5], 0.5) == (pair.arrivals, pair.fabric.kernel.now)
    assert quiet(pair)


def test_a_delayed_request_arrives_later():
    """By just as much."""
    pair = Pair(on_request=Delay(2.0))

    assert 200 == pair.ask().status
    assert ([2.5], 3.0) == (pair.arrivals, pair.fabric.kernel.now)
    assert quiet(pair)


def test_a_request_delayed_beyond_the_timeout_is_acted_on_all_the_same():
    """A retry may meet the first try on its way."""
    pair = Pair(on_request=Delay(60.0))

    assert pair.fails("timeout")
    assert [] == pair.arrivals
    assert quiet(pair)
    assert [60.5] == pair.arrivals


def test_a_delayed_answer_comes_later():
    """The peer acted in time."""
    pair = Pair(on_answer=Delay(2.0))

    assert 200 == pair.ask().status
    assert ([0.5], 3.0) == (pair.arrivals, pair.fabric.kernel.now)
    assert quiet(pair)


def test_an_answer_delayed_beyond_the_timeout_is_lost():
    """The caller does not wait for it."""
    pair = Pair(on_answer=Delay(60.0))

    assert pair.fails("timeout")
    assert 10.0 == pair.fabric.kernel.now
    assert quiet(pair)


def test_a_duplicate_arrives_twice_and_is_answered_once():
    """The second arrival is an exchange of its own, which says that nobody waited."""
    pair = Pair(on_request=Duplicate(after=3.0))

    assert b"answer 1" == pair.ask().body
    assert quiet(pair)
    assert [0.5, 3.5] == pair.arrivals
    first, second = pair.fabric.transcript
    assert ("", b"answer 1") == (first.error, first.response.body)
    assert (2, ("planted",), b"answer 2") == (second.number, second.faults, second.response.body)
    assert "repeated" in second.error


def test_a_duplicate_finds_the_host_down():
    """Then it is refused, and nobody is told."""
    pair = Pair(on_request=Duplicate(after=3.0))
    pair.fabric.kernel.later(2.0, lambda: pair.fabric.crash(BETA))
    pair.ask()

    assert quiet(pair)
    assert [0.5] == pair.arrivals
    assert "connection refused" == list(pair.fabric.transcript)[1].error


def test_an_answer_in_the_peers_place_keeps_the_peer_ignorant():
    """Somebody in the middle answers, in the time of a round trip."""
    pair = Pair(on_request=Answer(Response(418)))

    assert 418 == pair.ask().status
    assert ([], 1.0) == (pair.arrivals, pair.fabric.kernel.now)
    assert quiet(pair)


def test_an_answer_may_be_exchanged_on_its_way():
    """The caller sees the other one, and so does the record, which names the fault."""
    pair = Pair(on_answer=Answer(Response(418)))

    assert 418 == pair.ask().status
    assert (418, ("planted",), [0.5]) == (pair.first.response.status, pair.first.faults, pair.arrivals)
    assert quiet(pair)


def test_a_crash_takes_the_request_with_it():
    """The host goes down as the request reaches it, and comes back when it is told to."""
    pair = Pair(on_request=Crash(BETA, restart_after=5.0))

    assert pair.fails("connection reset")
    assert ([], 0.5) == (pair.arrivals, pair.fabric.kernel.now)
    assert not pair.fabric.hosts.get(BETA).up
    assert quiet(pair)
    assert pair.fabric.hosts.get(BETA).up


def test_a_crash_takes_the_answer_with_it():
    """The host has acted, and goes down before anybody learns of it."""
    pair = Pair(on_answer=Crash(BETA))

    assert pair.fails("connection reset")
    assert ([0.5], 0.5) == (pair.arrivals, pair.fabric.kernel.now)
    assert quiet(pair)
    assert not pair.fabric.hosts.get(BETA).up


def test_the_caller_may_be_the_one_that_crashes():
    """Its code never goes on, although the peer has acted."""
    pair = Pair(on_answer=Crash(ALPHA))
    went_on = []

    async def work():
        await pair.fabric.port(ALPHA).send(Request("POST", f"https://{BETA}/"))
        went_on.append(True)

    pair.fabric.kernel.spawn(work(), pair.fabric.hosts.get(ALPHA).life)

    assert quiet(pair)
    assert ([], [0.5]) == (went_on, pair.arrivals)
    assert "the caller went down" == pair.first.error


def test_the_first_fault_that_does_something_wins():
    """Later ones are not asked."""
    pair = Pair(on_request=Drop(refused=True))
    pair.fabric.add_fault("later", lambda envelope, rng: pytest.fail("asked"))

    pair.fails("connection refused")
    assert ("planted",) == pair.first.faults


def test_without_a_timeout_a_lost_answer_is_a_deadlock():
    """Nobody waits for ever in silence."""
    pair = Pair(on_answer=Drop())

    with pytest.raises(RuntimeError, match="nothing is left to do"):
        pair.ask(timeout=float("inf"))
    pair.fabric.kernel.close()
