"""A site of ours: a folder on disk, shared with another site, opened with a bearer token on every request.

`python -m loadtests.servers.ours SPACE` is the process itself.
"""

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from loadtests.servers import Served, cores, pinned

NAME = "meshsim"


def missing() -> str:
    """It is always there."""
    return ""


def start(space: Path, port: int) -> Served:
    """Serve a folder of Alice's; the port is the mesh's own choice."""
    with (space / "log").open("ab") as log:
        process = pinned(
            [sys.executable, "-m", "loadtests.servers.ours", str(space)],
            cores()[0],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
        )
    if process.stdout is None:
        raise RuntimeError("no pipe")
    line = process.stdout.readline()
    if not line:
        process.wait()
        raise RuntimeError(f"meshsim does not serve: {(space / 'log').read_text(errors='replace')[-2000:]}")
    told = json.loads(line)
    return Served(process, told["url"], Path(told["folder"]), f"Bearer {told['token']}")


def serve(space: Path) -> None:
    """Share the folder, say where it is, and serve until SIGTERM."""
    from meshsim.served import ServedMesh
    from meshsim.serving import until_interrupted

    with ServedMesh(2, data=space / "mesh") as mesh:
        alpha, beta = (mesh.site(host) for host in mesh.hosts)
        alpha.ports.storage.make_folder("/alice/served")

        async def story() -> tuple[str, str]:
            bob = beta.address("bob")
            share = await alpha.sending.share(
                "alice", "served", bob, permissions=("read", "write"), require_exchange=True
            )
            key = f"{alpha.host} {share.provider_id}"
            await beta.receiving.accept("bob", key)
            await beta.opening.request("bob", key, "PROPFIND", headers={"depth": "0"})
            return share.provider_id, next(iter(alpha.granting.issued))

        share, token = mesh.run(story())
        files = next(place for place in (space / "mesh").glob("files/*/alice/served"))
        told = {"url": alpha.dav_url(share), "token": token, "folder": str(files)}

        def ready(_: object) -> None:
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()

        until_interrupted(mesh, ready)


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    serve(Path(sys.argv[1]))
