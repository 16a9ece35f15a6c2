"""What a run measured: histograms that merge exactly, errors by reason, and how each peer fared.

Times are noted in a list and counted second by second, so that noting costs a user next to nothing. What a
second brought is a `Tick`; ticks of all workers add up to the figures of the run.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any

import msgspec
from hdrh.histogram import HdrHistogram

HOUR = 3_600_000_000
DIGITS = 3
"""Significant digits that a histogram keeps, of 1 µs to an hour."""

LATENCY, SERVICE, LAG = "latency", "service", "lag"
PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9, "p9999": 99.99}


class Tick(msgspec.Struct, frozen=True):
    """What one worker did in one second of the run. Counts are of stories."""

    second: int
    worker: str
    times: Mapping[str, str] = {}
    """Histograms by name, encoded, in microseconds."""
    errors: Mapping[str, int] = {}
    peers: Mapping[str, tuple[int, int, int]] = {}
    """By peer: done, failed, and the microseconds that the done ones took."""
    begun: int = 0
    done: int = 0
    requests: int = 0
    used: float = 0.0
    """How much of its core the worker needed, 0 to 1."""
    marks: tuple[str, ...] = ()
    """What happened just then, such as a fault."""


def histogram() -> HdrHistogram:
    """One that all others can be added to."""
    return HdrHistogram(1, HOUR, DIGITS)


Kept = dict[str, dict[str, tuple[list[float], list[float]]]]
"""Latency and service time of stories, by name and peer."""


class Notes:
    """What this worker noted since its last tick."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.times: dict[str, list[float]] = {}
        self._clear()

    def _clear(self) -> None:
        self._well: Kept = {}
        self._ill: Kept = {}
        self.errors: Counter[str] = Counter()
        self.begun = self.requests = 0
        self.marks: list[str] = []

    def time(self, name: str, seconds: float) -> None:
        """Note how long something took."""
        try:
            self.times[name].append(seconds)
        except KeyError:
            self.times[name] = [seconds]

    def story(self, name: str, peer: str, latency: float, service: float, reason: str) -> None:
        """Note a story that ended; `reason` is empty if it ended well."""
        # All that can be is left to `tick`: what a user does after each answer, it does with cold caches.
        kept = self._ill if reason else self._well
        try:
            noted = kept[name][peer]
        except KeyError:
            noted = kept.setdefault(name, {})[peer] = ([], [])
        noted[0].append(latency)
        noted[1].append(service)
        if reason:
            self.errors[reason] += 1

    def tick(self, second: int, used: float) -> Tick:
        """All of it, to be sent to somebody else, and begin anew."""
        made, times = self.part(second, used)
        encoded = {name: known.encode().decode() for name, known in times.items()}
        return msgspec.structs.replace(made, times=encoded)

    def part(self, second: int, used: float) -> tuple[Tick, dict[str, HdrHistogram]]:
        """As `tick`, with the histograms as they are: for who adds it up in the same process."""
        found = {name: counted(map(micros, values)) for name, values in self.times.items() if values}
        for values in self.times.values():
            values.clear()
        peers: dict[str, list[int]] = {}
        stories: dict[str, list[int]] = {}
        for kept, place in ((self._well, 0), (self._ill, 1)):
            for story, fared in kept.items():
                for peer, (latencies, services) in fared.items():
                    whole = [int(span * 1e6) for span in latencies]
                    # In a closed model nobody waits for a story to begin, and both are the same.
                    same = latencies == services
                    stories.setdefault(f"{LATENCY} {story}", []).extend(whole)
                    stories.setdefault(f"{SERVICE} {story}", []).extend(
                        whole if same else [int(span * 1e6) for span in services]
                    )
                    counts = peers.setdefault(peer, [0, 0, 0])
                    counts[place] += len(whole)
                    if not place:
                        counts[2] += sum(whole)
        for name, spans in stories.items():
            found[name] = one = counted(spans)
            found.setdefault(name.partition(" ")[0], histogram()).add(one)
        made = Tick(
            second=second,
            worker=self.worker,
            errors=dict(self.errors),
            peers={peer: (done, failed, spent) for peer, (done, failed, spent) in peers.items()},
            begun=self.begun,
            done=sum(done for done, _, _ in peers.values()),
            requests=self.requests,
            used=used,
            marks=tuple(self.marks),
        )
        self._clear()
        return made, found


def micros(seconds: float) -> int:
    """A span as it is counted."""
    return int(seconds * 1e6)


def counted(spans: Iterable[int]) -> HdrHistogram:
    """A histogram of spans in microseconds; more than an hour counts as an hour."""
    made = histogram()  # a new one costs a tenth of `reset`
    # Most of what a busy second brings is alike, to the microsecond.
    alike = Counter(spans)
    if not alike:
        return made
    # As the library's `record_value`, which takes a microsecond for each. Below 2048 each value has a place
    # of its own; above, 1024 places share what one more bit allows.
    counts = made.counts
    for span, times in alike.items():
        if span < 2048:
            counts[span if span > 0 else 1] += times
        else:
            value = span if span < HOUR else HOUR
            shift = value.bit_length() - 11
            counts[(shift << 10) + (value >> shift)] += times
    made.total_count = alike.total()
    made.min_value, made.max_value = min(max(min(alike), 1), HOUR), min(max(max(alike), 1), HOUR)
    return made


class Second(msgspec.Struct):
    """What all workers did in one second."""

    latency: HdrHistogram
    begun: int = 0
    done: int = 0
    failed: int = 0
    requests: int = 0
    used: float = 0.0
    marks: tuple[str, ...] = ()


class Figures:
    """The sum of all ticks."""

    def __init__(self, ticks: Iterable[Tick] = ()) -> None:
        self.times: dict[str, HdrHistogram] = {}
        self.errors: Counter[str] = Counter()
        self.peers: dict[str, list[int]] = {}
        self.seconds: dict[int, Second] = {}
        self.used: dict[str, list[float]] = {}
        self.begun = self.done = self.requests = 0
        for tick in ticks:
            self.add(tick)

    def add(self, tick: Tick) -> None:
        """Take one in; the order makes no difference."""
        self.sum(tick, {name: HdrHistogram.decode(encoded) for name, encoded in tick.times.items()})

    def sum(self, tick: Tick, times: Mapping[str, HdrHistogram]) -> None:
        """As `add`, with the histograms as they are."""
        for name, known in times.items():
            self._named(name).add(known)
        self.errors.update(tick.errors)
        for peer, counts in tick.peers.items():
            fared = self.peers.setdefault(peer, [0, 0, 0])
            for place, value in enumerate(counts):
                fared[place] += value
        second = self.seconds.get(tick.second)
        if second is None:
            second = self.seconds[tick.second] = Second(histogram())
        if LATENCY in times:
            second.latency.add(times[LATENCY])
        second.begun += tick.begun
        second.done += tick.done
        second.failed += sum(tick.errors.values())
        second.requests += tick.requests
        second.used = max(second.used, tick.used)
        second.marks += tick.marks
        self.used.setdefault(tick.worker, []).append(tick.used)
        self.begun += tick.begun
        self.done += tick.done
        self.requests += tick.requests

    def _named(self, name: str) -> HdrHistogram:
        known = self.times.get(name)
        if known is None:
            known = self.times[name] = histogram()
        return known

    def summary(self, name: str) -> dict[str, float]:
        """Percentiles in milliseconds; all 0 where nothing was noted."""
        return summary(self._named(name))

    def named(self, prefix: str) -> dict[str, dict[str, Any]]:
        """The summaries of all that begins so, by what follows; with how many there were."""
        return {
            name.removeprefix(prefix): {"count": known.get_total_count(), **summary(known)}
            for name, known in sorted(self.times.items())
            if name.startswith(prefix)
        }

    def fairness(self) -> float:
        """Jain's index of what peers got done of what they began: 1 if alike, 1/n if one got all."""
        shares = [done / (done + failed) for done, failed, _ in self.peers.values() if done + failed]
        squares = sum(share * share for share in shares)
        return sum(shares) ** 2 / (len(shares) * squares) if squares else (0.0 if shares else 1.0)


def summary(known: HdrHistogram) -> dict[str, float]:
    """Percentiles and the highest, in milliseconds."""
    if not known.get_total_count():
        return dict.fromkeys((*PERCENTILES, "max"), 0.0)
    # As the library's own `get_value_at_percentile`, which walks all counters in Python for each of them.
    last = known.get_counts_array_index(known.max_value)
    reached = list(accumulate(known.counts[: last + 1]))
    found = {}
    for key, percentile in PERCENTILES.items():
        place = bisect_left(reached, known.get_target_count_at_percentile(percentile))
        value = known.get_highest_equivalent_value(known.get_value_from_index(place))
        found[key] = round(value / 1000, 3)
    return {**found, "max": round(known.get_max_value() / 1000, 3)}
