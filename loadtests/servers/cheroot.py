"""wsgidav on cheroot, as its documentation starts it: anonymous, no page for browsers."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from loadtests.servers import Served, launched

NAME = "wsgidav on cheroot"


def missing() -> str:
    """Cheroot is a Python package."""
    return "" if find_spec("cheroot") else "cheroot is not installed; pip install cheroot"


def start(space: Path, port: int) -> Served:
    """Serve `space/data`."""
    config = {
        "host": "127.0.0.1",
        "port": port,
        "server": "cheroot",
        "provider_mapping": {"/": str(space / "data")},
        "simple_dc": {"user_mapping": {"*": True}},
        "dir_browser": {"enable": False},
        "verbose": 0,
        "logging": {"enable": False},
    }
    (space / "wsgidav.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "wsgidav.server.server_cli", "--config", str(space / "wsgidav.json")]
    return launched(command, space, port)
