import os
import subprocess
import sys
from contextlib import suppress

import pytest

from meshsim.clocks import offset
from meshsim.faults import duplicate, lost_answer
from meshsim.network.fabric import Fabric
from meshsim.network.kernel import Crashed, Kernel, sleep
from meshsim.wire import FileSlice, NetworkError, Request, Response, Transcript

ALPHA, BETA, GAMMA = "alpha.example.org", "beta.example.org", "gamma.example.org"
HELLO = Request("POST", f"https://{BETA}/x", body=b"hello")


def ask(fabric, request=HELLO, *, source=ALPHA, timeout=10.0):
    return fabric.kernel.run(fabric.port(source).send(request, timeout))


def last(fabric):
    return list(fabric.transcript)[-1]


def test_an_answer_comes_back(fabric):
    """What the handler answers is what the caller gets, and the caller's address was seen."""
    answer = ask(fabric)

    assert b"hello" == answer.body
    assert fabric.address_of(ALPHA) == answer.headers["x-remote"]
    assert ALPHA == fabric.name_of(answer.headers["x-remote"])


def test_every_exchange_is_in_the_transcript(fabric):
    """With its ends, its times, its request and its answer."""
    answer = ask(fabric)

    (exchange,) = fabric.transcript
    assert (1, ALPHA, BETA) == (exchange.number, exchange.source, exchange.target)
    assert fabric.kernel.start == exchange.started
    assert fabric.kernel.now == exchange.ended
    assert (answer, "", ()) == (exchange.response, exchange.error, exchange.faults)


def test_messages_take_the_latency_of_their_link():
    """One way may be slower than the other."""
    fabric = Fabric(Kernel(start=0.0), latency=lambda source, target: 0.25)
    fabric.links[BETA, ALPHA] = 1.0
    arrived = []

    async def handler(request):
        arrived.append(fabric.kernel.now)
        return Response(200)

    fabric.attach(BETA, handler)
    ask(fabric)

    assert ([0.25], 1.25) == (arrived, fabric.kernel.now)


def test_jitter_is_chance_that_repeats():
    """Two runs of one seed take the same time, and another seed another."""

    def elapsed(seed):
        fabric = Fabric(Kernel(start=0.0), seed, latency=0.0, jitter=1.0)
        fabric.attach(BETA, lambda request: answer())
        ask(fabric)
        return fabric.kernel.now

    async def answer():
        return Response(200)

    assert elapsed(1) == elapsed(1) != elapsed(2)
    assert 0 < elapsed(1) < 2


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://nowhere.example.org/", "no such host"),
        (f"https://{BETA}:8443/", "no such host"),
        (f"ftp://{BETA}/", "no such scheme: 'ftp'"),
        ("", "no such scheme: ''"),
        (f"https://{ALPHA}/", "no such host"),
    ],
)
def test_a_host_that_is_not_there_hears_nothing(fabric, url, reason):
    """The caller learns that its request was not sent, and the attempt is on record."""
    with pytest.raises(NetworkError, match=reason) as told:
        ask(fabric, Request("GET", url))

    assert not told.value.sent
    assert reason == last(fabric).error


@pytest.mark.parametrize(
    "url", [f"https://{BETA.upper()}:443/", f"http://{BETA}:80/", f"https://user@{BETA}/"]
)
def test_a_host_is_found_by_every_spelling_of_its_name(fabric, url):
    """Case, a default port and a user name in the URL do not matter."""
    assert 200 == ask(fabric, Request("GET", url)).status


def test_a_timeout_ends_the_waiting_and_not_the_work(fabric):
    """The peer finishes what it began, and its late answer is on record with the caller's error."""
    done = []

    async def slow(request):
        await sleep(30)
        done.append(fabric.kernel.now)
        return Response(201)

    fabric.attach(GAMMA, slow)
    start = fabric.kernel.now
    with pytest.raises(NetworkError, match="timeout") as told:
        ask(fabric, Request("GET", f"https://{GAMMA}/"), timeout=5)

    assert told.value.sent
    assert start + 5 == fabric.kernel.now == last(fabric).ended
    assert [] == done
    assert fabric.kernel.settle()
    assert 1 == len(done)
    assert ("timeout", 201) == (last(fabric).error, last(fabric).response.status)
    assert {} == fabric.flights


def test_an_answer_within_the_timeout_leaves_no_timer_behind(fabric):
    """A quiet network is quiet at once."""

    async def slow(request):
        await sleep(1)
        return Response(200)

    fabric.attach(GAMMA, slow)
    ask(fabric, Request("GET", f"https://{GAMMA}/"))
    before = fabric.kernel.now

    assert fabric.kernel.settle()
    assert before == fabric.kernel.now


def test_a_request_that_takes_longer_than_the_timeout_still_arrives():
    """The caller gives up while its request is on the wire."""
    fabric = Fabric(Kernel(start=0.0), latency=3.0)
    seen = []

    async def handler(request):
        seen.append(fabric.kernel.now)
        return Response(200)

    fabric.attach(BETA, handler)
    with pytest.raises(NetworkError, match="timeout"):
        ask(fabric, timeout=1)
    assert (1.0, []) == (fabric.kernel.now, seen)
    assert fabric.kernel.settle()
    assert [3.0] == seen


def test_a_handler_that_raises_answers_500_and_fails_the_run(fabric):
    """A bug of ours is not taken for a misbehaving peer."""

    async def broken(request):
        raise ZeroDivisionError("bug")

    fabric.attach(GAMMA, broken)
    with pytest.raises(ExceptionGroup) as told:
        ask(fabric, Request("GET", f"https://{GAMMA}/"))

    assert [ZeroDivisionError] == [type(error) for error in told.value.exceptions]
    assert GAMMA in told.value.exceptions[0].__notes__[0]
    assert 500 == last(fabric).response.status


def test_a_handler_that_raises_later_fails_the_run_as_well(fabric):
    """It does not matter that it waited before."""

    async def broken(request):
        await sleep(1)
        raise ZeroDivisionError("bug")

    fabric.attach(GAMMA, broken)
    with pytest.raises(ExceptionGroup):
        ask(fabric, Request("GET", f"https://{GAMMA}/"))


def test_bodies_are_read_on_the_way(fabric, tmp_path):
    """Streams and parts of files arrive as bytes on either side."""
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")

    async def stream():
        yield b"ab"
        await sleep(1)
        yield b"cd"

    async def handler(request):
        return Response(200, {}, FileSlice(str(file), 2, 3) if request.body == b"abcd" else b"")

    fabric.attach(GAMMA, handler)

    assert b"234" == ask(fabric, Request("PUT", f"https://{GAMMA}/", body=stream())).body


def test_a_host_costs_nothing_until_it_is_asked(fabric):
    """Who answers is made at the first request, by the factory given or by the resolver."""
    made = []

    def factory(life):
        made.append(life.name)

        async def handler(request):
            return Response(204)

        return handler

    fabric.attach(GAMMA, factory=factory)
    fabric.resolver = lambda name: factory if name.startswith("site") else None
    assert [] == made

    for host in (GAMMA, GAMMA, "site7.example.org"):
        assert 204 == ask(fabric, Request("GET", f"https://{host}/")).status
    assert [GAMMA, "site7.example.org"] == made
    with pytest.raises(NetworkError, match="no such host"):
        ask(fabric, Request("GET", "https://other.example.org/"))


def test_a_host_is_attached_once(fabric):
    """Two sites of one name are a mistake in the topology."""
    with pytest.raises(ValueError, match="attached already"):
        fabric.attach(BETA.upper(), lambda request: None)
    with pytest.raises(TypeError):
        fabric.attach(GAMMA)


def waiting_host(fabric, name=GAMMA):
    """A host that takes five seconds, and notes what became of its requests."""
    log = []

    def factory(life):
        log.append(("up", life.number))

        async def handler(request):
            log.append(("begun", life.number))
            await fabric.clock(name).sleep(5)
            log.append(("done", life.number))
            return Response(200)

        return handler

    fabric.attach(name, factory=factory)
    return log


def test_a_crash_resets_who_waits_for_the_host(fabric):
    """The caller learns it then and there; the work is never finished."""
    log = waiting_host(fabric)
    fabric.kernel.later(2, lambda: fabric.crash(GAMMA))
    start = fabric.kernel.now

    with pytest.raises(NetworkError, match="connection reset") as told:
        ask(fabric, Request("GET", f"https://{GAMMA}/"))

    assert told.value.sent
    assert start + 2 == fabric.kernel.now
    assert fabric.kernel.settle()
    assert [("up", 0), ("begun", 0)] == log
    assert {} == fabric.flights


def test_a_host_that_is_down_refuses_and_a_restarted_one_remembers_nothing(fabric):
    """Between crash and restart nobody answers; then the factory makes another incarnation."""
    log = waiting_host(fabric)
    request = Request("GET", f"https://{GAMMA}/")
    ask(fabric, request)
    fabric.crash(GAMMA)
    fabric.crash(GAMMA)

    with pytest.raises(NetworkError, match="connection refused") as told:
        ask(fabric, request)
    assert not told.value.sent

    fabric.restart(GAMMA)
    fabric.restart(GAMMA)
    assert 200 == ask(fabric, request).status
    assert [("up", 0), ("begun", 0), ("done", 0), ("up", 1), ("begun", 1), ("done", 1)] == log


def test_a_request_on_the_wire_is_lost_with_its_receiver():
    """It does not reach the next incarnation either."""
    fabric = Fabric(Kernel(), latency=1.0)
    log = waiting_host(fabric)

    def bounce():
        fabric.crash(GAMMA)
        fabric.restart(GAMMA)

    fabric.kernel.later(0.5, bounce)
    with pytest.raises(NetworkError, match="connection reset"):
        ask(fabric, Request("GET", f"https://{GAMMA}/"))
    assert fabric.kernel.settle()
    assert [] == log


def test_the_tasks_of_a_crashed_host_are_gone_and_its_requests_arrive(fabric):
    """The caller's code never goes on; the peer acts on what it was sent."""
    log = waiting_host(fabric)
    resumed = []

    async def work():
        try:
            await fabric.port(ALPHA).send(Request("GET", f"https://{GAMMA}/"))
        except BaseException as error:
            resumed.append(type(error))
            raise

    fabric.kernel.spawn(work(), fabric.hosts.get(ALPHA).life)
    fabric.kernel.later(2, lambda: fabric.crash(ALPHA))

    assert fabric.kernel.settle()
    assert [("up", 0), ("begun", 0), ("done", 0)] == log
    assert "the caller went down" == last(fabric).error
    assert 200 == last(fabric).response.status
    assert [Crashed] == resumed


def test_closing_a_crashed_coroutine_reaches_nobody(fabric):
    """`finally` blocks of dead code find every port shut."""
    log = waiting_host(fabric)
    port, clock = fabric.port(ALPHA), fabric.clock(ALPHA)
    shut = []

    async def work():
        try:
            await clock.sleep(5)
        finally:
            with pytest.raises(Crashed):
                clock.later(1, lambda: None)
            shut.append("later")
            await port.send(Request("GET", f"https://{GAMMA}/"))

    fabric.kernel.spawn(work(), fabric.hosts.get(ALPHA).life)
    fabric.kernel.advance(1)
    fabric.crash(ALPHA)

    assert fabric.kernel.settle()
    assert ["later"] == shut
    assert [] == log
    assert 0 == len(fabric.transcript)


def test_a_crash_within_the_handler_is_a_crash_of_its_host(fabric):
    """A crash point between two steps of a handler: reset for the caller, and no failure."""

    def factory(life):
        async def handler(request):
            if request.method == "DELETE":
                await sleep(1)
            if request.method != "GET":
                raise Crashed(life.name)
            return Response(200)

        return handler

    fabric.attach(GAMMA, factory=factory)
    for method in ("POST", "DELETE"):
        with pytest.raises(NetworkError, match="connection reset"):
            ask(fabric, Request(method, f"https://{GAMMA}/"))
        with pytest.raises(NetworkError, match="connection refused"):
            ask(fabric, Request("GET", f"https://{GAMMA}/"))
        fabric.restart(GAMMA)
        assert 200 == ask(fabric, Request("GET", f"https://{GAMMA}/")).status


def test_a_host_can_be_crashed_from_within_its_own_handler(fabric):
    """Code that is on the stack cannot be closed; it ends at the next port it uses."""
    went_on = []

    async def handler(request):
        fabric.crash(GAMMA)
        await port.send(HELLO)
        went_on.append(True)

    fabric.attach(GAMMA, handler)
    port = fabric.port(GAMMA)
    with pytest.raises(NetworkError, match="connection reset"):
        ask(fabric, Request("GET", f"https://{GAMMA}/"))

    assert [] == went_on
    assert 1 == len(fabric.transcript)


def test_a_dead_host_does_not_answer_although_its_code_came_to_an_end(fabric):
    """Its last words reach nobody."""

    async def handler(request):
        fabric.crash(GAMMA)
        return Response(200)

    fabric.attach(GAMMA, handler)

    with pytest.raises(NetworkError, match="connection reset"):
        ask(fabric, Request("GET", f"https://{GAMMA}/"))
    assert last(fabric).response is None


def test_a_dead_caller_does_not_go_on_with_the_answer(fabric):
    """Even if it comes without any delay."""

    async def handler(request):
        fabric.crash(ALPHA)
        return Response(200)

    fabric.attach(GAMMA, handler)

    with pytest.raises(Crashed):
        ask(fabric, Request("GET", f"https://{GAMMA}/"))
    assert ("the caller went down", 200) == (last(fabric).error, last(fabric).response.status)


def test_time_spent_in_a_nested_run_counts_for_the_timeout(fabric):
    """A handler that blocks for a minute has not answered in ten seconds."""

    async def handler(request):
        fabric.kernel.run(sleep(60))
        return Response(200)

    fabric.attach(GAMMA, handler)

    with pytest.raises(NetworkError, match="timeout"):
        ask(fabric, Request("GET", f"https://{GAMMA}/"))


@pytest.mark.parametrize("latency", [0.0, 0.01])
def test_each_exchange_is_finished_once(latency):
    """Answered, lost, refused, repeated or late: an observer sees it, and nothing is kept but the digest."""

    def story(*, keep):
        seen = []
        transcript = Transcript(keep=keep, observers=(lambda exchange: seen.append(exchange.number),))
        fabric = Fabric(Kernel(), 3, latency=latency, transcript=transcript)
        waiting_host(fabric)
        for name, build in (("lost_answer", lost_answer.build), ("duplicate", duplicate.build)):
            fabric.add_fault(name, build(probability=0.3, end=60))

        async def call(timeout=5.5):
            with suppress(NetworkError):
                await fabric.port(ALPHA).send(Request("GET", f"https://{GAMMA}/"), timeout)

        for _ in range(30):
            fabric.kernel.spawn(call())
        fabric.kernel.spawn(call(timeout=1.0))
        fabric.kernel.later(70, lambda: fabric.kernel.spawn(call()))
        fabric.kernel.later(72, lambda: fabric.crash(GAMMA))
        fabric.kernel.later(73, lambda: fabric.kernel.spawn(call()))
        assert fabric.kernel.settle()
        return seen, transcript

    (seen, kept), (seen_again, forgotten) = story(keep=True), story(keep=False)

    assert list(range(1, len(kept) + 1)) == sorted(seen) == sorted(seen_again)
    assert {"", "timeout", "connection reset", "connection refused"} < {e.error for e in kept}
    assert [] == list(forgotten)
    assert kept.digest() == forgotten.digest()


def test_whoever_drives_the_code_of_a_crashed_host_gets_crashed(fabric):
    """Also when the run itself awaits what the host was doing: a request, or a nap."""
    waiting_host(fabric)
    fabric.kernel.later(1, lambda: fabric.crash(ALPHA))
    with pytest.raises(Crashed):
        ask(fabric, Request("GET", f"https://{GAMMA}/"))

    fabric.restart(ALPHA)
    fabric.kernel.later(1, lambda: fabric.crash(ALPHA))
    with pytest.raises(Crashed):
        fabric.kernel.run(fabric.clock(ALPHA).sleep(2))


def test_a_clock_is_wrong_about_the_time_and_right_about_spans(fabric):
    """Skew moves `now` and nothing else."""
    clock = fabric.clock(ALPHA, offset.build(seconds=-3600))
    ran = []

    async def act():
        ran.append(fabric.kernel.now)

    start = fabric.kernel.now
    clock.later(5, act)
    fabric.kernel.run(clock.sleep(7))

    assert start + 7 - 3600 == clock.now()
    assert [start + 5] == ran


def test_a_timer_is_forgotten_when_its_host_goes_down(fabric):
    """And the next incarnation does not inherit it."""

    async def act():
        pytest.fail("ran")

    fabric.clock(BETA).later(5, act)
    fabric.crash(BETA)
    fabric.restart(BETA)

    assert fabric.kernel.settle()


def test_an_error_in_a_timer_fails_the_run(fabric):
    """What a site does by itself is watched like what it is asked to do."""

    async def act():
        raise ZeroDivisionError

    fabric.clock(BETA).later(5, act)

    with pytest.raises(ExceptionGroup):
        fabric.kernel.settle()


STORY = """
from meshsim.faults import lost_answer, delay
from meshsim.network.fabric import Fabric
from meshsim.network.kernel import Kernel
from meshsim.wire import NetworkError, Request, Response

fabric = Fabric(Kernel(), 7, jitter=0.05)
fabric.add_fault("lost_answer", lost_answer.build(probability=0.2))
fabric.add_fault("delay", delay.build(seconds=0.1, spread=3.0, probability=0.5))
hosts = [f"h{n}.example.org" for n in range(20)]

def attach(n):
    port, clock = fabric.port(hosts[n]), fabric.clock(hosts[n])
    async def handler(request):
        if len(request.body) < 4:
            await clock.sleep(0.01)
            url = f"https://{hosts[(n * 7 + len(request.body)) % 20]}/"
            try:
                await port.send(Request("POST", url, {"b": "2", "a": "1"}, request.body + b"x"), 2.0)
            except NetworkError:
                return Response(502)
        return Response(200, {k: k for k in {"x", "y", "z"}}, request.remote.encode())
    fabric.attach(hosts[n], handler)

for n in range(20):
    attach(n)

async def tour(n):
    for _ in range(10):
        try:
            await fabric.port(f"c{n}").send(Request("GET", f"https://{hosts[n]}/"), 5.0)
        except NetworkError:
            pass

for n in range(20):
    fabric.kernel.spawn(tour(n))
assert fabric.kernel.settle()
print(len(fabric.transcript), fabric.transcript.digest())
"""


def test_one_seed_one_transcript_whatever_the_hash_seed():
    """Fresh interpreters with other hash seeds leave the same digest."""

    def run(hash_seed):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", STORY], env=env, capture_output=True, text=True, check=True
        )
        assert "" == done.stderr
        return done.stdout

    first, *others = [run(seed) for seed in ("0", "1", "4711")]

    assert int(first.split()[0]) > 400
    assert [first, first] == others
