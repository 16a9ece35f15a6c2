"""The locks of a site in the form that wsgidav wants: a lock manager for one view of its storage.

wsgidav's own reads the wall clock, draws tokens at random, and holds a lock below a folder against the
one who shows its token. What it calls URLs are storage paths here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wsgidav.dav_error import (
    DAVError,
    DAVErrorCondition,
    PRECONDITION_CODE_LockConflict,
    PRECONDITION_CODE_MissingLockToken,
)

from meshsim.apis._dav_locks import LIFETIME, LONGEST, Lock
from meshsim.apis._dav_view import STATUS, View, lock_root
from meshsim.storage import Entry, StorageError
from meshsim.storage._paths import parent


class LockManager:
    """The methods that wsgidav calls, under its names."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._table = view.locks

    def check_write_permission(self, *, url: str, depth: str, token_list: list[str], principal: str) -> None:
        """Locked (423) unless `principal` shows a token for each lock that protects the path."""
        locks = self._table.against(
            url, deep=depth == "infinity", tokens=token_list, principal=principal, now=self._view.now()
        )
        self._locked(PRECONDITION_CODE_MissingLockToken, locks)

    @contextmanager
    def write_transaction(self, *, url: str, token_list: list[str], principal: str) -> Iterator[None]:
        """The whole body is here already, so the check and the write cannot be parted."""
        self.check_write_permission(url=url, depth="0", token_list=token_list, principal=principal)
        yield

    def acquire(
        self,
        *,
        url: str,
        lock_type: str,
        lock_scope: str,
        lock_depth: str,
        lock_owner: bytes,
        timeout: int | None,
        principal: str,
        token_list: list[str],
    ) -> dict[str, str]:
        """A new lock; on a free name it creates an empty file, once nothing speaks against it."""
        now = self._view.now()
        exclusive = lock_scope == "exclusive"
        others = self._table.covering(url, now)
        if lock_depth == "infinity":
            others += self._table.below(url, now)
        self._locked(PRECONDITION_CODE_LockConflict, [lock for lock in others if exclusive or lock.exclusive])
        if self._view.storage.stat(url) is None:
            self.check_write_permission(
                url=parent(url), depth="0", token_list=token_list, principal=principal
            )
            write(self._view, url, b"")
        lock = Lock(
            token=f"opaquelocktoken:{self._view.token()}",
            path=url,
            deep=lock_depth == "infinity",
            exclusive=exclusive,
            principal=principal,
            owner=lock_owner.decode(),
            expires=now + _lifetime(timeout),
        )
        self._table.add(lock)
        return {"token": lock.token, "root": url}

    def refresh(self, token: str, *, timeout: int | None) -> dict[str, str]:
        """Set the time of a lock anew; only its owner may."""
        now = self._view.now()
        lock = self._table.get(token, now)
        if lock is None or lock.principal != self._view.owner:
            raise DAVError(403)
        lock.expires = now + _lifetime(timeout)
        return {"token": token, "root": lock.path}

    def release(self, token: str) -> None:
        """Unlock."""
        self._table.drop(token)

    def is_url_locked_by_token(self, url: str, token: str) -> bool:
        """Whether the lock of that token covers the path."""
        return any(lock.token == token for lock in self._table.covering(url, self._view.now()))

    def is_token_locked_by_user(self, token: str, principal: str) -> bool:
        """Whether the lock of that token is the principal's."""
        lock = self._table.get(token, self._view.now())
        return lock is not None and lock.principal == principal

    def _locked(self, condition: str, locks: list[Lock]) -> None:
        if locks:
            error = DAVErrorCondition(condition)
            for lock in locks:
                error.add_href(lock_root(self._view, lock))
            raise DAVError(423, err_condition=error)


def write(view: View, path: str, data: bytes) -> Entry:
    """Write a file, with failures as wsgidav knows them."""
    try:
        return view.storage.write(path, data)
    except StorageError as error:
        raise dav_error(error) from error


def dav_error(error: StorageError) -> Any:
    """A failure of storage as wsgidav knows it."""
    return DAVError(STATUS[error.reason])


def _lifetime(timeout: int | None) -> int:
    """Seconds a lock lives; wsgidav says None if the client named none, and -1 for ever."""
    if timeout is None:
        return LIFETIME
    return LONGEST if timeout < 0 else min(timeout, LONGEST)
