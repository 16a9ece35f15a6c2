"""Runs under Locust: what a stall looks like, several workers, and plain Locust."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from loadtests import load, meshes
from loadtests.load import Asked

ROOT = Path(__file__).parents[2]
QUICK = {"calibrate": 0.2}


def locust(*words):
    command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--headless"]
    return subprocess.Popen(
        [*command, "--calibrate", "0", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_server_that_stalls_for_two_seconds_is_seen_by_the_latency_and_not_by_the_service_time(tmp_path):
    """Two users wait, and the stories that were to begin meanwhile count the time that they waited, too."""
    with meshes.started("token", 1, 0) as mesh:
        accounts = tmp_path / "accounts.json"
        accounts.write_text(json.dumps(mesh))
        seconds = []
        again = threading.Timer(2.0, os.kill, (mesh["pid"], signal.SIGCONT))

        def tell(seen):
            seconds.append(seen["second"])
            if len(seconds) == 2:
                os.kill(mesh["pid"], signal.SIGSTOP)
                again.start()

        url = mesh["sites"][0]["url"]
        common = {"target": url, "accounts": str(accounts), "peers": 2, "users": 2, **QUICK}
        asked = Asked(story="token", rate=20.0, duration=8.0, **common)
        result = load.run(asked, tell)
        again.join()

    assert {} == result["errors"]
    assert 160 == result["begun"]
    latency, service = result["latency_ms"], result["service_ms"]
    assert service["max"] > 1000
    # At most two stories met the stall. Twenty were to begin in its first half, and waited for a second.
    assert latency["p90"] > 1000
    assert latency["p90"] > service["p90"]


def test_who_told_a_story_begins_the_next_when_it_is_due():
    """And not after a pause, as somebody does who thinks between two of them: one user is enough for all."""
    result = load.run(Asked(story="token", rate=10.0, duration=3.0, peers=1, users=1, **QUICK))

    assert {} == result["errors"]
    assert 30 == result["begun"] == result["done"]
    # With pauses of a second the last of them would come half a minute late.
    assert len(result["seconds"]) < 15


def test_two_workers_add_up_on_a_master():
    """Each has peers of its own and half of the arrivals; the books are one."""
    result = load.run(Asked(story="share", rate=6.0, duration=4.0, peers=6, processes=2, **QUICK))

    assert {} == result["errors"]
    assert [("w0", False), ("w1", False)] == sorted((w["name"], w["died"]) for w in result["workers"])
    assert 24 == result["arrivals"] == result["begun"] == result["done"] == result["ledger"]["acknowledged"]
    assert ([], 0) == (result["ledger"]["findings"], result["ledger"]["unasked"])
    assert 6 == len(result["peers"])


def test_a_worker_that_is_killed_is_named_and_its_shares_are_accounted_for():
    """What it had acknowledged is in the books, and looked for at the target; the run is not valid."""
    killed = []

    def tell(seen):
        if seen["entries"] >= 8 and not killed:
            killed.append(seen["workers"]["w1"])
            os.kill(killed[0], signal.SIGKILL)

    asked = Asked(story="share", rate=6.0, duration=10.0, peers=4, processes=2, **QUICK)
    result = load.run(asked, tell)

    assert killed
    assert {"w0": False, "w1": True} == {w["name"]: w["died"] for w in result["workers"]}
    assert (False, False) == (result["valid"], result["ok"])
    assert ["workers died: w1"] == [why for why in result["invalid"] if "died" in why]
    ledger = result["ledger"]
    # Its own half of what was told until then, and no more; all of it without its peers to ask.
    assert ledger["acknowledged"] >= 30 + 3
    assert ledger["unasked"] >= 3
    assert [] == ledger["findings"]


def test_plain_locust_tells_the_stories_in_its_own_closed_model(tmp_path):
    """By class; the books are closed when the time is over."""
    with meshes.started("mixed", 1, 0) as mesh:
        path = tmp_path / "result.json"
        words = ("-u", "3", "-r", "3", "-t", "20s", "--peers", "3", "--result", str(path))
        process = locust("--host", mesh["sites"][0]["url"], *words, "Share", "Invite")
        told, _ = process.communicate(timeout=120)
    result = json.loads(path.read_text())

    assert {} == result["errors"], told
    assert ("mixed", "closed") == (result["story"], result["asked"]["arrival"])
    assert result["ledger"]["acknowledged"] > 0
    assert [] == result["ledger"]["findings"]
    assert {"share", "invite"} == set(result["stories"])
    assert (0 if result["ok"] else 1) == process.returncode, told


def test_a_target_that_vanishes_ends_the_run_in_bounded_time_and_is_reported(tmp_path):
    """Errors by reason; what cannot be asked is counted, and nobody is accused of losing it."""
    with meshes.started("share", 1, 0) as mesh:
        accounts = tmp_path / "accounts.json"
        accounts.write_text(json.dumps(mesh))

        def tell(seen):
            if seen["entries"] >= 6:
                os.kill(mesh["pid"], signal.SIGKILL)

        common = {"target": mesh["sites"][0]["url"], "accounts": str(accounts), **QUICK}
        result = load.run(Asked(story="share", rate=4.0, duration=6.0, peers=2, **common), tell)

    assert not result["ok"]
    assert 24 == result["begun"]
    assert any("refused" in reason or "reset" in reason for reason in result["errors"])
    assert result["ledger"]["acknowledged"] > 0 < result["ledger"]["unasked"]
    assert [] == result["ledger"]["findings"]


def test_a_mesh_ends_with_whoever_started_it():
    """A run that is killed leaves nobody behind who listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "loadtests.meshes", "share", "1", "0", "127.0.0.0/8"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert json.loads(process.stdout.readline())["sites"]
    process.stdin.close()

    assert 0 == process.wait(30)
    process.stdout.close()
