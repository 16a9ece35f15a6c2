"""How often each caller may ask, and all together: a share of its own for each, and what is spare for all.

Each share is a bucket that refills (GCRA: of a bucket only the time is kept at which it is full again).
Memory is bounded: a full bucket is forgotten, and when no place is left, newcomers have one between them.
"""

from functools import lru_cache
from ipaddress import IPv6Address

EXACT = 1e-6
"""Seconds: as finely as a float tells the time of today, with something to spare."""

MOST_CALLERS = 4096
"""Callers with a bucket of their own at a time."""


class Limiter:
    """In t seconds a caller gets at most rate·t + burst of its own, and all spare·t + burst beyond that."""

    __slots__ = ("_burst", "_common", "_full", "_look", "_most", "_newcomers", "_rate", "_spare")

    def __init__(self, rate: float, burst: int, spare: float, most: int = MOST_CALLERS) -> None:
        self._rate = rate
        self._burst = burst
        self._spare = spare
        self._most = most
        self._full: dict[str, float] = {}
        self._newcomers = 0.0
        self._common = 0.0
        self._look = 0.0

    def __len__(self) -> int:
        """Buckets in memory."""
        return len(self._full)

    def take(self, caller: str, now: float) -> float:
        """0.0, and the request is counted; or the seconds until the caller's own share has room again."""
        known = self._full.get(caller)
        own = known is not None or self._place(now)
        wait, full = _take((known or 0.0) if own else self._newcomers, now, self._rate, self._burst)
        if own:
            self._full[caller] = full
        else:
            self._newcomers = full
        if wait > 0 and self._spare > 0:
            busy, self._common = _take(self._common, now, self._spare, self._burst)
            return wait if busy > 0 else 0.0
        return wait

    def _place(self, now: float) -> bool:
        if len(self._full) < self._most:
            return True
        # Not before the first of them can be full, so that newcomers cannot make us look in vain.
        if now < self._look:
            return False
        self._full = {caller: full for caller, full in self._full.items() if full > now}
        self._look = min(self._full.values(), default=now)
        return len(self._full) < self._most


def _take(full: float, now: float, rate: float, burst: int) -> tuple[float, float]:
    """Seconds to wait, 0.0 if there is room and it is taken; and when the bucket is full again."""
    span = burst / rate
    # A clock that was set back must not shut anybody out for longer than a bucket takes to fill.
    full = min(max(full, now), now + span)
    wait = full + 1 / rate - now - span
    return (wait, full) if wait > EXACT else (0.0, full + 1 / rate)


@lru_cache(8192)
def caller(remote: str) -> str:
    """Whose request counts as whose: an address, or the /64 of one of IPv6, which is one subscriber's."""
    if ":" not in remote:
        return remote
    try:
        address = IPv6Address(remote.partition("%")[0])
    except ValueError:
        return remote
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{int(address) >> 64:x}::/64"
