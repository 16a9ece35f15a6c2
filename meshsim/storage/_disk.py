"""The file system under storage in a folder: real paths, symbolic links never followed."""

import os
import shutil
import stat as modes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from meshsim.storage._paths import names


def walk(root: str, parts: Sequence[str]) -> os.stat_result | None:
    """The file or folder that is reached from a real folder through folders alone."""
    place, found = root, os.lstat(root)
    for name in parts:
        if not modes.S_ISDIR(found.st_mode):
            return None
        place = f"{place}/{name}"
        try:
            found = os.lstat(place)
        except FileNotFoundError:
            return None
    return found if visible(found) else None


def members(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """What in a real folder is a file or folder with a name that can be said in UTF-8, and how it looks."""
    with os.scandir(folder) as found:
        for item in found:
            try:
                look = item.stat(follow_symlinks=False)
                item.name.encode()
            except (FileNotFoundError, UnicodeEncodeError):
                continue
            if visible(look):
                yield item.name, look


def places(root: str) -> Iterator[str]:
    """What is visible in a real folder or file, relative to it, folders before their content."""
    pending = [""]
    while pending:
        place = pending.pop()
        yield place
        if os.path.isdir(root + place):
            inside = sorted(name for name, _ in members(root + place))
            pending.extend(f"{place}/{name}" for name in reversed(inside))


def copy(source: str, target: str) -> None:
    """Copy what is visible in a real folder or file, but for what goes meanwhile."""
    for place in places(source):
        try:
            if os.path.isdir(source + place):
                os.mkdir(target + place)
            else:
                shutil.copyfile(source + place, target + place, follow_symlinks=False)
        except FileNotFoundError:
            if not place:
                raise


def plant(root: str, home: str, content: Mapping[str, bytes]) -> None:
    """Make a home in a real folder, with what belongs in it."""
    os.mkdir(root)
    for name, data in content.items():
        inside = "/".join(names(f"/{home}/{name.rstrip('/')}")[1:])
        place = os.path.join(root, inside)
        os.makedirs(place if name.endswith("/") else os.path.dirname(place), exist_ok=True)
        if not name.endswith("/"):
            with open(place, "xb") as file:
                file.write(data)


def sync(path: str) -> None:
    """Wait until a real file or folder is on the disk."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def removed_at_once(path: str, look: os.stat_result, big: int) -> bool:
    """Remove a small file or an empty folder; False if it is more than that, and still there."""
    try:
        if not modes.S_ISDIR(look.st_mode) and look.st_size < big:
            os.unlink(path)
            return True
        os.rmdir(path)
    except OSError:
        return False
    return True


def remove(path: str) -> None:
    """Remove a real file or folder with all in it, if it is there."""
    with suppress(FileNotFoundError):
        try:
            os.unlink(path)
        except OSError:  # a folder: IsADirectoryError, or EPERM where POSIX has its way
            try:
                os.rmdir(path)
            except OSError:
                shutil.rmtree(path)


def visible(found: os.stat_result) -> bool:
    """Whether it is what storage has: a file or a folder."""
    return modes.S_ISREG(found.st_mode) or modes.S_ISDIR(found.st_mode)


def signature(found: os.stat_result) -> str:
    """Changes when somebody changes a file, or the members of a folder."""
    if modes.S_ISDIR(found.st_mode):
        return str(found.st_mtime_ns)
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"
