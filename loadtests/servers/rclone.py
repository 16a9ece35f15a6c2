"""rclone serve webdav: anonymous, without its cache of files."""

from pathlib import Path

from loadtests.servers import CLIENTS, Served, launched, program

NAME = "rclone serve webdav"


def missing() -> str:
    """rclone is a package of Debian."""
    return "" if program("rclone") else f"rclone is not installed; {CLIENTS}"


def start(space: Path, port: int) -> Served:
    """Serve `space/data`."""
    options = ["--addr", f"127.0.0.1:{port}", "--config", "/dev/null", "--log-level", "ERROR"]
    return launched(
        [program("rclone"), "serve", "webdav", *options, "--dir-cache-time", "0", str(space / "data")],
        space,
        port,
    )
