"""The WebDAV locks of one site, by storage path, so that every view of a file sees the same ones."""

from collections.abc import Collection, Iterator

import msgspec

LIFETIME = 3600
"""Seconds a lock lives when the client names no time."""
LONGEST = 7 * 24 * 3600
"""Seconds a lock lives at most, also when the client asks for ever."""


class Lock(msgspec.Struct):
    """A write lock (RFC 4918, 6); `deep` is Depth: infinity, `owner` the client's XML element or empty."""

    token: str
    path: str
    deep: bool
    exclusive: bool
    principal: str
    owner: str
    expires: float


class LockTable:
    """All locks of a site. Times are seconds since the Unix epoch; an expired lock is no lock.

    Changed by the loop alone; a thread may ask for locks meanwhile, and then gives up expired ones.
    """

    __slots__ = ("_by_path", "_by_token")

    def __init__(self) -> None:
        self._by_token: dict[str, Lock] = {}
        self._by_path: dict[str, dict[str, Lock]] = {}

    def add(self, lock: Lock) -> None:
        """Take a lock; conflicts are for the caller to find."""
        self._by_token[lock.token] = lock
        self._by_path.setdefault(lock.path, {})[lock.token] = lock

    def drop(self, token: str) -> None:
        """Release a lock; nothing happens if there is none."""
        lock = self._by_token.pop(token, None)
        if lock is not None:
            here = self._by_path.get(lock.path, {})
            here.pop(token, None)
            if not here:
                self._by_path.pop(lock.path, None)

    def get(self, token: str, now: float) -> Lock | None:
        """The lock of that token, if it lives."""
        lock = self._by_token.get(token)
        if lock is not None and lock.expires <= now:
            self.drop(token)
            return None
        return lock

    def covering(self, path: str, now: float) -> list[Lock]:
        """Locks that protect a path: on itself, or deep ones on a folder above."""
        if not self._by_token:
            return []
        found = [lock for place in _upwards(path) for lock in list(self._by_path.get(place, {}).values())]
        return self._alive([lock for lock in found if lock.deep or lock.path == path], now)

    def below(self, path: str, now: float) -> list[Lock]:
        """Locks on what is in a folder, at any depth, oldest first."""
        prefix = path.rstrip("/") + "/"
        found = [lock for lock in list(self._by_token.values()) if lock.path.startswith(prefix)]
        return self._alive([lock for lock in found if lock.path != path], now)

    def against(
        self, path: str, *, deep: bool, tokens: Collection[str], principal: str, now: float
    ) -> list[Lock]:
        """Locks that keep `principal` from changing a path, or with `deep` anything in it."""
        locks = self.covering(path, now)
        if deep:
            locks += self.below(path, now)
        # One of several shared locks is enough (RFC 4918, 6.2), so locks are judged by their root.
        return [
            lock
            for lock in locks
            if not any(
                other.path == lock.path and other.principal == principal and other.token in tokens
                for other in locks
            )
        ]

    def touching(self, path: str, now: float) -> bool:
        """Whether a path or anything in it is locked."""
        return bool(self._by_token) and bool(self.covering(path, now) or self.below(path, now))

    def forget(self, path: str) -> None:
        """Release all locks on a path and in it, because it is gone."""
        if not self._by_token:
            return
        prefix = path.rstrip("/") + "/"
        for lock in list(self._by_token.values()):
            if lock.path == path or lock.path.startswith(prefix):
                self.drop(lock.token)

    def _alive(self, locks: list[Lock], now: float) -> list[Lock]:
        return [lock for lock in locks if self.get(lock.token, now) is not None]


def _upwards(path: str) -> Iterator[str]:
    """A path and every folder above it, the root last."""
    while path != "/":
        yield path
        path = path.rpartition("/")[0] or "/"
    yield path
