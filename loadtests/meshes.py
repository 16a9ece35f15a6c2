"""A served mesh to load, in a process of its own on a core of its own.

`python -m loadtests.meshes STORY SITES SEED NETWORKS [TRUST]` is that process: it prints one line of JSON
once all sites answer, and serves until SIGTERM or until its standard input ends. With TRUST, a file, it is on
https and trusts whoever that vouches for.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtests import stories
from loadtests.servers import cores, pinned
from meshsim.topology import Plan, Topology

USERS = 100
GROUP = {"lab": ("u1", "u2")}
NETWORKS = ("127.0.0.0/8", "::1/128")
"""Where our peers are."""
ROOT = Path(__file__).parents[1]


def topology(story: str, sites: int) -> Topology:
    """Sites as a story wants them; `mixed` takes them as they usually are."""
    module = stories.load(story) if story in stories.own() else None
    settings = dict(getattr(module, "SETTINGS", {}))
    policies = tuple(getattr(module, "POLICIES", ()))
    return Topology(
        tuple(
            Plan(
                f"target{number}.example",
                users=USERS,
                groups=GROUP,
                policies=policies,
                settings={"provider": f"target {number}", **settings},
            )
            for number in range(1, sites + 1)
        ),
        directory="directory.example" if getattr(module, "DIRECTORY", False) else None,
    )


@contextmanager
def started(
    story: str, sites: int, seed: int, trust: Path | None = None, *, networks: Sequence[str] = NETWORKS
) -> Iterator[dict[str, Any]]:
    """The description of a mesh that is served meanwhile; RuntimeError with its last words if it is not.

    Besides each other its sites may call `networks`; with `trust` they are on https.
    """
    process = pinned(
        [sys.executable, "-m", "loadtests.meshes", story, str(sites), str(seed), ",".join(networks)]
        + ([str(trust)] if trust else []),
        cores()[0],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    said: list[bytes] = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    reader.start()
    try:
        line = process.stdout.readline() if process.stdout is not None else b""
        if not line:
            reader.join(5)
            raise RuntimeError(f"the mesh is not served: {b''.join(said).decode(errors='replace')[-2000:]}")
        yield {**json.loads(line), "pid": process.pid}
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def serve(story: str, sites: int, seed: int, networks: Sequence[str], trust: Path | None) -> None:
    """Serve such a mesh, and say where it is."""
    from meshsim.serving import Where, opened, until_interrupted

    threading.Thread(target=_end_with_parent, daemon=True).start()
    where = Where(networks=tuple(networks), tls=trust is not None, trust=trust)
    with opened(topology(story, sites), seed, where) as mesh:

        def ready(told: dict[str, Any]) -> None:
            told["sites"] = [{**site, "groups": GROUP} for site in told["sites"]]
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()

        until_interrupted(mesh, ready)


def _end_with_parent() -> None:
    """Whoever started us holds the other end of our input; when they are gone, we are nobody's."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    _story, _sites, _seed, _networks, *_trust = sys.argv[1:]
    serve(
        *(_story, int(_sites), int(_seed)),
        [network for network in _networks.split(",") if network],
        Path(_trust[0]) if _trust else None,
    )
