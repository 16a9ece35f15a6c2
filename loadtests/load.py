"""One load run from start to verdict: a target, Locust in a process of its own, a result.

`meshsim load` is this. The process that asks never loads Locust, which changes the standard library for
all code of its process.
"""

import ctypes
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec

from loadtests import arrivals, credentials, meshes, result, stories, thresholds
from loadtests.servers import cores, free_port
from meshsim.wire import split

MOST_RATE, MOST_SECONDS, MOST_PEERS = 2000.0, 3600.0, 5000
"""What nobody reaches by mistake."""
MOST_STORIES = 2_000_000
STARTING, ENDING = 60.0, 180.0
"""Seconds beyond its duration that a run may take."""


class Misused(ValueError):
    """The run cannot be understood; the message says what to change."""


class Asked(msgspec.Struct, kw_only=True, frozen=True):
    """What somebody asks for; None where the story's own file says it."""

    story: str
    target: str = ""
    rate: float | None = None
    duration: float | None = None
    peers: int | None = None
    arrival: str = "constant"
    seed: int = 0
    sites: int = 1
    processes: int = 1
    accounts: str = ""
    driver: str = ""
    login: str = ""
    people: tuple[str, ...] = ()
    dav: str = ""
    limits: str = ""
    allowed: tuple[str, ...] = ()
    authority: str = ""
    tls: bool = False
    """Of a mesh that is served for the run."""
    peer_host: str = ""
    peer_ca: str = ""
    peer_cert: str = ""
    calibrate: float = 1.0
    users: int | None = None
    """Stories at once, at most."""
    target_seed: int = 0
    """Of the served mesh, if nothing else says how to sign in there."""
    simulated: bool = False

    def settled(self) -> "Asked":
        """With the story's usual figures where none were given; Misused for what cannot be."""
        try:
            stories.chosen(self.story)
        except stories.UnknownStory as error:
            raise Misused(str(error)) from error
        usual = thresholds.options(self.story)
        made = msgspec.structs.replace(
            self,
            rate=float(usual.get("rate", 5.0)) if self.rate is None else self.rate,
            duration=float(usual.get("duration", 10.0)) if self.duration is None else self.duration,
            peers=int(usual.get("peers", 10)) if self.peers is None else self.peers,
        )
        made.check()
        return made

    def check(self) -> None:
        """Misused unless it can be begun."""
        rate, duration, peers = self.rate or 0.0, self.duration or 0.0, self.peers or 0
        try:
            arrivals.points(self.arrival, rate, duration)
            thresholds.load(self.story, Path(self.limits) if self.limits else None)
        except (arrivals.BadArrivals, thresholds.BadThresholds) as error:
            raise Misused(str(error)) from error
        if self.simulated and rate * duration > MOST_STORIES:
            raise Misused(f"a simulation is bounded to {MOST_STORIES:,} stories")
        if not self.simulated and (rate > MOST_RATE or duration > MOST_SECONDS):
            raise Misused(
                f"a run is bounded to {MOST_RATE:g} stories a second for {MOST_SECONDS:g} seconds; "
                "more is for Locust itself, with loadtests/locustfile.py"
            )
        if not 1 <= peers <= MOST_PEERS:
            raise Misused(f"a run has 1 to {MOST_PEERS} peers, not {peers}")
        if not 1 <= self.processes <= 64:
            raise Misused(f"a run has 1 to 64 processes, not {self.processes}")
        if not self.simulated and stories.simulated(self.story):
            raise Misused(f"{self.story} is told in virtual time only: add --simulated")
        if self.simulated and (self.target or self.processes > 1):
            raise Misused("a simulation has neither a target nor processes of its own")
        if self.target and self.tls:
            raise Misused("--tls is for a mesh that is served for the run; a target says it by https://")
        if not self.target and (self.driver or self.login or self.people or self.dav):
            raise Misused("--driver, --login, --user and --dav say who acts at a target; give its URL")
        if self.processes > 1 and self.driver:
            raise Misused("a driver makes people act in one process: leave out --processes")
        if self.target:
            self._check_target()

    def _check_target(self) -> None:
        for url in self.target.split(","):
            self._check_url(url)

    def _check_url(self, url: str) -> None:
        parts = split(url)
        if parts.scheme not in ("http", "https") or not parts.authority:
            raise Misused(f"{url!r} is no URL of a site, such as https://cloud.example.org")
        if parts.scheme == "https":
            self._check_credentials()
        host = parts.authority.rpartition("@")[2]
        host = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        try:
            there = ip_address(host.strip("[]"))
        except ValueError:
            return  # where a name leads is looked up, and judged, by whoever dials
        if not there.is_loopback and host not in self.allowed:
            raise Misused(f"{host} is not on this machine; say --yes-i-may-load {host} if you may")

    def _check_credentials(self) -> None:
        if not (self.peer_ca or self.peer_cert):
            raise Misused(credentials.NO_CREDENTIALS)
        if self.peer_cert and not self.peer_host:
            raise Misused("--peer-cert fits one name: say which, by --peer-host HOST[:PORT]")
        try:
            if self.peer_ca:
                credentials.kept(Path(self.peer_ca))
            credentials.Credentials(authority=self.peer_ca, certificate=self.peer_cert)
        except credentials.BadCredentials as error:
            raise Misused(str(error)) from error


Tell = Callable[[Mapping[str, Any]], None]


def run(asked: Asked, tell: Tell = lambda seen: None) -> dict[str, Any]:
    """The result; it says itself whether it is valid and ok. `tell` is told each second what was seen."""
    asked = asked.settled()
    if asked.simulated:
        from loadtests import simulated

        return simulated.run(asked)
    with standing(asked) as there, tempfile.TemporaryDirectory(prefix="meshsim-load-") as space:
        return _generated(there, Path(space), tell)


@contextmanager
def standing(asked: Asked) -> Iterator[Asked]:
    """The same with a target that is there meanwhile: one that is served for it, if it names none."""
    if asked.target or asked.simulated:
        yield asked
        return
    with ExitStack() as stack:
        space = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meshsim-load-")))
        if asked.tls:
            asked = msgspec.structs.replace(asked, peer_ca=str(space / "peers.pem"))
        trust = credentials.kept(Path(asked.peer_ca)) if asked.tls else None
        mesh = stack.enter_context(meshes.started(asked.story, asked.sites, asked.seed, trust))
        accounts = space / "accounts.json"
        accounts.write_text(json.dumps(mesh), encoding="utf-8")
        target = ",".join(site["url"] for site in mesh["sites"])
        yield msgspec.structs.replace(
            asked, target=target, tls=False, accounts=str(accounts), authority=mesh["ca"] or ""
        )


def _generated(asked: Asked, space: Path, tell: Tell) -> dict[str, Any]:
    command = _command(asked, space)
    log = (space / "log").open("wb")
    with log:
        process = subprocess.Popen(  # noqa: S603 - a command of ours
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=meshes.ROOT, preexec_fn=_on_a_core
        )
        limit = STARTING + (asked.duration or 0.0) + ENDING
        try:
            _followed(process, space / "progress", limit, tell)
        except subprocess.TimeoutExpired:
            return _failed(asked, f"the run did not end within {limit:g} seconds: {_said(space)}")
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    try:
        found: dict[str, Any] = json.loads((space / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        why = f"the generator ended with {process.returncode}: {_said(space)}"
        return _failed(asked, why, status=3)
    return found


def _said(space: Path) -> str:
    return (space / "log").read_text(encoding="utf-8", errors="replace")[-2000:]


def _followed(process: "subprocess.Popen[bytes]", progress: Path, limit: float, tell: Tell) -> None:
    """Wait for the end, and hand on what the generator says meanwhile."""
    read = 0
    for _ in range(math.ceil(limit)):
        try:
            process.wait(1.0)
        except subprocess.TimeoutExpired:
            if progress.is_file():
                told = progress.read_text(encoding="utf-8").splitlines()
                for line in told[read:]:
                    tell(json.loads(line))
                read = len(told)
            continue
        return
    raise subprocess.TimeoutExpired(process.args, limit)


def _command(asked: Asked, space: Path) -> list[str]:
    rate, duration, peers = asked.rate or 0.0, asked.duration or 0.0, asked.peers or 1
    # Enough that a target may take ten seconds for each story before anybody has to wait for a free user.
    users = max(asked.users or max(4, min(1000, math.ceil(rate * 10))), asked.processes)
    command = [sys.executable, "-m", "locust", "-f", str(meshes.ROOT / "loadtests" / "locustfile.py")]
    command += ["--headless", "--only-summary", "--users", str(users), "--spawn-rate", str(users)]
    command += ["--host", asked.target, "--result", str(space / "result.json")]
    command += ["--rate", str(rate), "--duration", str(duration), "--arrival", asked.arrival]
    command += ["--peers", str(peers), "--seed", str(asked.seed), "--target-seed", str(asked.target_seed)]
    command += ["--books", str(space), "--calibrate", str(asked.calibrate)]
    command += ["--progress", str(space / "progress")]
    for name, file in (
        ("--accounts", asked.accounts),
        ("--login", asked.login),
        ("--thresholds", asked.limits),
        ("--ca", asked.authority),
        ("--peer-ca", asked.peer_ca),
        ("--peer-cert", asked.peer_cert),
    ):
        # It runs in another folder than whoever asked.
        command += [name, str(Path(file).absolute())] if file else []
    for name, value in (("--peer-host", asked.peer_host), ("--driver", asked.driver), ("--dav", asked.dav)):
        command += [name, value] if value else []
    for user in asked.people:
        command += ["--user", user]
    for host in asked.allowed:
        command += ["--yes-i-may-load", host]
    if asked.processes > 1:
        port = str(free_port())
        command += ["--processes", str(asked.processes), "--expect-workers-max-wait", "60"]
        command += ["--master-bind-port", port, "--master-port", port]
    if asked.story != "mixed":
        command.append(asked.story.title())
    return command


def _on_a_core() -> None:
    """The generator's core is not the target's, where there is more than one."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[1:]) or {cores()[1]})
    # And it ends with whoever asked, however they end (PR_SET_PDEATHSIG).
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _failed(asked: Asked, why: str, status: int = 1) -> dict[str, Any]:
    known = msgspec.structs.asdict(asked)
    return {**result.failed({**known, "target": asked.target.split(",")}, why), "status": status}
