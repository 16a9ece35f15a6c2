"""What was asked of whom, second by second, in a simulated run: the side of a target that no client sees."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

from meshsim.wire import Exchange, split

KINDS = (
    ("/ocm/token", "tokens"),
    ("/ocm/shares", "shares"),
    ("/ocm/notifications", "notifications"),
    ("/ocm/invite-accepted", "invites"),
    ("/directory", "directory"),
    ("/.well-known", "discovery"),
    ("/ocm", "discovery"),
    ("/dav", "files"),
    ("/api", "people"),
)


@lru_cache(1024)
def _kind(first: str, second: str = "") -> str:
    """By the first two parts of a path."""
    path = f"/{first}/{second}"
    return next((name for start, name in KINDS if path.startswith(start)), "other")


class Traffic:
    """Counts of requests by host and kind; an observer of a transcript."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._started = 0.0
        self.counts: dict[tuple[str, str], Counter[int]] = {}
        self.refused: dict[tuple[str, str], Counter[int]] = {}
        """Those that were answered 429, or not at all."""

    def begin(self) -> None:
        """Seconds count from now."""
        self._started = self._now()
        self.counts.clear()
        self.refused.clear()

    def __call__(self, exchange: Exchange) -> None:
        """Count one."""
        kind = _kind(*split(exchange.request.url).path.split("/", 3)[1:3])
        second = int(exchange.started - self._started)
        key = exchange.target, kind
        counts = self.counts.get(key)
        if counts is None:
            counts = self.counts[key] = Counter()
        counts[second] += 1
        if exchange.response is None or exchange.response.status == 429:
            self.refused.setdefault(key, Counter())[second] += 1

    def at(self, host: str, kind: str, *, taken: bool = False) -> Counter[int]:
        """By second; with `taken`, only those that were let in."""
        found = Counter(self.counts.get((host, kind), Counter()))
        if taken:
            found.subtract(self.refused.get((host, kind), Counter()))
        return found

    def series(self, width: int, span: float = 0.0) -> dict[str, list[list[float]]]:
        """Requests a second of each kind at all hosts together, in parts of `width` seconds, up to `span`."""
        found: dict[str, Counter[int]] = {}
        for (_, kind), counts in self.counts.items():
            for second, count in counts.items():
                found.setdefault(kind, Counter())[second // width * width] += count
        last = max([int(span) - 1, *(second for counts in found.values() for second in counts)])
        return {
            kind: [[second, counts[second] / width] for second in range(0, last + 1, width)]
            for kind, counts in sorted(found.items())
        }


def windows(counts: Counter[int], first: float, last: float, width: int) -> list[int]:
    """Sums over spans of `width` seconds, between two moments."""
    return [
        sum(counts[second] for second in range(start, start + width))
        for start in range(int(first), int(last) - width + 1, width)
    ]


def mean(values: Iterable[float]) -> float:
    """Of none, 0."""
    found = list(values)
    return sum(found) / len(found) if found else 0.0
