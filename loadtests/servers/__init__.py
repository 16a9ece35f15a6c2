"""WebDAV servers that are measured side by side: each is a process on one core, and serves one folder.

A server offers `missing()`, why it cannot be measured here or "", and `start(space, port) -> Served`.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CLIENTS = "install it with .ci/clients"


class Served:
    """A running server: where its folder `data` is found, and what a request needs to be let in."""

    def __init__(
        self, process: "subprocess.Popen[Any]", url: str, folder: Path, authorization: str = ""
    ) -> None:
        self.process = process
        self.url = url
        self.folder = folder
        self.authorization = authorization

    @property
    def pids(self) -> list[int]:
        """The process and its children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def cpu(self) -> float:
        """Seconds of processor time it has used, with its children."""
        ticks = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it, by its own process id."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def cores() -> tuple[int, int]:
    """The core of the server and that of the client; one and the same where there is only one."""
    there = sorted(os.sched_getaffinity(0))
    return there[0], there[-1]


def pinned(command: Sequence[str], core: int, **options: Any) -> "subprocess.Popen[Any]":
    """A process on one core, and all that it starts."""
    return subprocess.Popen(  # noqa: S603 - commands of ours
        command, preexec_fn=lambda: os.sched_setaffinity(0, {core}), **options
    )


def launched(command: Sequence[str], space: Path, port: int) -> Served:
    """A server of the folder `space/data`, once it listens."""
    folder = space / "data"
    folder.mkdir(exist_ok=True)
    log = (space / "log").open("ab")
    with log:
        process = pinned(command, cores()[0], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    served = Served(process, f"http://127.0.0.1:{port}", folder)
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return served
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                served.stop()
                told = (space / "log").read_text(errors="replace")[-500:]
                raise RuntimeError(f"{command[0]} does not listen: {told}") from error
            time.sleep(0.05)


def program(name: str) -> str:
    """The path of a program, also where only root's path leads; "" if there is none."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") or ""


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])
