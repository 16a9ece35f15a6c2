"""What goes wrong on disk, in the words of storage."""

import errno
from pathlib import Path
from types import TracebackType

from meshsim.database import DiskFull, failures
from meshsim.storage import BAD_PATH, EXISTS, FULL, MISSING, NO_PARENT, StorageError

HIDDEN = ".meshsim"
"""The folder that is no part of the tree: the index, its log, and what is still to be put into its place."""

_REASONS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.ENAMETOOLONG: BAD_PATH,
    errno.EEXIST: EXISTS,
    errno.ENOENT: MISSING,
    errno.ENOTDIR: NO_PARENT,
}


class Failures:
    """Failures of the file system in the words of storage; a context."""

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, StorageError):
            return
        try:
            with failures(Path(HIDDEN, "index.db")):
                raise error
        except DiskFull:
            raise StorageError(FULL, self._path) from error
        except OSError as wrong:
            reason = _REASONS.get(wrong.errno or 0)
            if reason is not None:
                raise StorageError(reason, self._path) from error
            raise
