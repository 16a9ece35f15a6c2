"""Locust with its own web page: a swarm is started, watched and stopped there, and its books are closed."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from loadtests import meshes
from loadtests.servers import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0


def asked(url, **form):
    data = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(url, data, timeout=30) as answer:
        return answer.read()


def until(true, what):
    """Look again until it is so; asking takes its time, so nothing is slept."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found = true()
        except (urllib.error.URLError, ConnectionError):
            found = None
        if found:
            return found
    raise AssertionError(what)


def test_a_swarm_is_started_watched_and_stopped_at_locusts_web_page(tmp_path):
    """By the requests that the page makes; afterwards the ledger is judged as after every other run."""
    result, port = tmp_path / "result.json", free_port()
    page = f"http://127.0.0.1:{port}"
    with meshes.started("share", 1, 0) as mesh:
        url = mesh["sites"][0]["url"]
        command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--host", url]
        command += ["--web-host", "127.0.0.1", "--web-port", str(port), "--peers", "2", "--calibrate", "0"]
        process = subprocess.Popen(
            [*command, "--result", str(result), "Share"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            assert b"<title>Locust" in until(lambda: asked(page), "no web page")
            started = json.loads(asked(f"{page}/swarm", user_count=2, spawn_rate=2, host=url))
            assert started["success"], started

            def stats():
                found = json.loads(asked(f"{page}/stats/requests"))
                return found if found["stats"][0]["num_requests"] >= 3 else None

            seen = until(stats, "no story was told")
            assert json.loads(asked(f"{page}/stop", by="hand"))["success"]
            until(result.exists, "no result")
            told = until(lambda: json.loads(result.read_text() or "null"), "an empty result")
        finally:
            process.terminate()
            said, _ = process.communicate(timeout=60)

    assert ["share", "Aggregated"] == [row["name"] for row in seen["stats"]], said
    assert 0 == seen["stats"][0]["num_failures"], seen["errors"]
    assert {} == told["errors"]
    assert told["done"] >= 3
    assert ("closed", []) == (told["asked"]["arrival"], told["ledger"]["findings"])
