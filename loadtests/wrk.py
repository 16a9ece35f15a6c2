"""wrk and curl, the clients of the served benchmark: as fast as what they measure, and the same for all."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from loadtests.servers import CLIENTS, Served, cores, pinned, program

PROPFIND = 'wrk.method = "PROPFIND"; wrk.headers["Depth"] = "1"\n'
PUT = """
wrk.method = "PUT"; wrk.body = string.rep("x", 1024)
local n = 0
request = function() n = (n + 1) % 1000; return wrk.format(nil, path .. "/put-" .. n) end
"""
# A folder is removed long after it was made, so that the one has always ended before; and the first are never
# removed, because a connection may be long in coming up while others are busy.
MKCOL = """
local n = 0
request = function()
  n = n + 1
  local made = path .. "/made-" .. run .. "-"
  if n % 2 == 1 then return wrk.format("MKCOL", made .. n .. "/") end
  if n < lag + 300 then return wrk.format("MKCOL", made .. n .. "/") end
  return wrk.format("DELETE", made .. (n - lag) .. "/")
end
"""
_DONE = """
local path, run, lag = %s, %d, %d
%s
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nRESULT {"requests":%%d,"micros":%%d,"bytes":%%d,"refused":%%d,"broken":%%d}\\n',
    summary.requests, summary.duration, summary.bytes, e.status, e.connect + e.read + e.write))
end
"""


PATIENCE = 120.0
"""Seconds after which whoever is not done has broken off."""


class Failed(Exception):
    """A server did not answer as it should, so what it did has no speed."""


def missing() -> str:
    """Why nothing can be measured here; "" if it can."""
    absent = [name for name in ("wrk", "curl") if not program(name)]
    return f"{' and '.join(absent)} not installed; {CLIENTS}" if absent else ""


def load(server: Served, path: str, connections: int, seconds: float, script: str = "") -> dict[str, float]:
    """Ask for a path over and over: requests and bytes a second."""
    url = server.url + path
    where = "/" + server.url.split("/", 3)[3] if server.url.count("/") > 2 else ""
    command = [program("wrk"), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "60s"]
    if server.authorization:
        command += ["-H", f"Authorization: {server.authorization}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        # What a run had under way when it ended may be made after it, so names are of one run.
        file.write(_DONE % (json.dumps(where + path), time.monotonic_ns(), 2 * connections + 201, script))
        file.flush()
        process = pinned(
            [*command, "-s", file.name, url], cores()[1], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        told = _said(process, seconds + PATIENCE)
    found = told.partition("RESULT ")[2].splitlines()
    if not found:
        raise Failed(f"wrk on {url}: {told[-300:]}")
    result = json.loads(found[0])
    if result["refused"] or result["broken"]:
        raise Failed(f"{url}: {result['refused']} answers were errors, {result['broken']} connections broke")
    span = result["micros"] / 1e6
    return {"requests": result["requests"] / span, "bytes": result["bytes"] / span, "span": span}


def upload(server: Served, source: Path, connections: int, count: int, patience: float = PATIENCE) -> float:
    """PUT a file under `count` names, `connections` at a time: bytes a second."""
    transfers = [
        [f'upload-file = "{source}"', f'url = "{server.url}/big-{number}"', 'header = "Expect:"']
        for number in range(count)
    ]
    answers, spent = _curl(server, transfers, connections, patience=patience)
    if any(code not in ("200", "201", "204") for code, _ in answers):
        raise Failed(f"PUT to {server.url}: {answers[:5]}")
    return count * source.stat().st_size / spent


def download(server: Served, path: str, connections: int, count: int, seconds: float) -> float:
    """GET a file `count` times, none for longer than `seconds`, and throw it away: bytes a second.

    curl reads 100 KiB at a time, and wrk 8, so that with big files wrk is the slower of the two ends.
    """
    limit = f"max-time = {max(1, round(seconds))}"
    transfers = [[f'url = "{server.url}{path}"', limit] for _ in range(count)]
    answers, spent = _curl(server, transfers, connections, (0, _TIMED_OUT), seconds + PATIENCE)
    # 000 is for who was not answered in time, as it may be where there are fewer threads than connections.
    if {code for code, _ in answers} not in ({"200"}, {"200", "000"}):
        raise Failed(f"GET {server.url}{path}: {answers[:5]}")
    return sum(size for _, size in answers) / spent


_TIMED_OUT = 28
"""What curl ends with when a transfer took too long."""


def _said(process: "subprocess.Popen[Any]", patience: float) -> str:
    """What a client says until it ends; Failed, and its end, if that takes too long."""
    try:
        told: bytes = process.communicate(timeout=patience)[0]
    except subprocess.TimeoutExpired as error:
        raise Failed(f"not done after {patience:g} seconds") from error
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return told.decode(errors="replace")


def _curl(
    server: Served,
    transfers: list[list[str]],
    connections: int,
    good: tuple[int, ...] = (0,),
    patience: float = PATIENCE,
) -> tuple[list[tuple[str, int]], float]:
    """Status and bytes received of each transfer, and the seconds that all took, `patience` at most."""
    common = ["output = /dev/null", 'write-out = "%{http_code} %{size_download}\\n"']
    if server.authorization:
        common.append(f'header = "Authorization: {server.authorization}"')
    config = "\nnext\nsilent\n".join("\n".join((*common, *transfer)) for transfer in transfers)
    command = [program("curl"), "-s", "--no-progress-meter", "-Z", "--parallel-max", str(connections)]
    with tempfile.NamedTemporaryFile("w", suffix=".curl") as file:
        file.write(config + "\n")
        file.flush()
        start = time.perf_counter()
        process = pinned([*command, "-K", file.name], cores()[1], stdout=subprocess.PIPE)
        told = _said(process, patience).splitlines()
        spent = time.perf_counter() - start
    if process.returncode not in good or len(told) != len(transfers):
        raise Failed(f"curl at {server.url} ended with {process.returncode}: {told[:5]}")
    return [(code, int(size)) for code, _, size in (line.partition(" ") for line in told)], spent
