import json
import os
import signal
import subprocess
import sys

import jsonschema
import pytest

from conformance import check, evidence
from conformance.targets import load
from meshsim import bundle


def meshsim(*words, **more):
    command = [sys.executable, "-m", "meshsim", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)


def test_a_requirement_is_explained():
    """Its text, its tests, and the mutants that break it."""
    done = meshsim("explain", "ocm-share-116")

    assert 0 == done.returncode
    for word in (
        "unknown recipient",
        "test_a_share_for_a_stranger_is_refused",
        "share-unknown-recipient-taken",
    ):
        assert word in done.stdout


def test_an_unknown_requirement_is_wrong_use():
    """With what is near."""
    done = meshsim("explain", "OCM-SHARE-999")

    assert 2 == done.returncode
    assert "OCM-SHARE-116" in done.stderr or "OCM-SHA" in done.stderr


def test_the_kill_matrix_is_as_published(tmp_path):
    """JSON for scripts, a line for people."""
    done = meshsim("mutants", "--only", "share-status-200", "--json", str(tmp_path / "m.json"))
    report = json.loads((tmp_path / "m.json").read_text())
    jsonschema.validate(report, json.loads((bundle.root() / "reports/schemas/mutants.json").read_text()))

    assert 0 == done.returncode, done.stdout
    assert "killed share-status-200" in done.stdout
    assert 2 == meshsim("mutants", "--only", "nobody").returncode


def test_the_last_evidence_of_a_requirement_is_that_of_the_last_check(tmp_path):
    """Before there was one, it says what to do; a bundle may be named instead."""
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    before = meshsim("explain", "OCM-SHARE-111", env=env)
    checked = meshsim(
        *("check", "mutant:share-status-200", "--only", "test_a_share_is_taken"),
        *("--bundle", str(tmp_path / "x.zip")),
        env=env,
    )
    after = meshsim("explain", "share-111", env=env)
    named = meshsim("explain", "SHARE-111", "--bundle", str(tmp_path / "x.zip"), "--json", "-")

    assert "no evidence yet" in before.stdout
    assert 1 == checked.returncode
    assert "last evidence: mutant:share-status-200" in after.stdout
    assert "failed in test_share.py::test_a_share_is_taken: expected 201, got 200" in after.stdout
    assert "> POST /ocm/shares" in after.stdout
    assert "mutant:share-status-200" == json.loads(named.stdout)["evidence"]["target"]


def test_two_checks_are_compared(tmp_path):
    """1 if the second is worse, 0 if it is better, 2 for what cannot be read."""
    for target, name in (("sim:standard", "good"), ("mutant:share-status-200", "bad")):
        meshsim("check", target, "--only", "test_a_share_is_taken", "--bundle", str(tmp_path / f"{name}.zip"))
    good, bad = str(tmp_path / "good.zip"), str(tmp_path / "bad.zip")
    worse, better = meshsim("diff", good, bad), meshsim("diff", bad, good, "--json", str(tmp_path / "d.json"))

    assert (1, 0, 0) == (worse.returncode, better.returncode, meshsim("diff", good, good).returncode)
    assert "passed → failed OCM-SHARE-111" in worse.stdout
    assert json.loads((tmp_path / "d.json").read_text())["better"]
    assert 2 == meshsim("diff", good, str(tmp_path / "none.zip")).returncode


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record["verdicts"].pop("coverage"),
        lambda record: record["verdicts"]["verdicts"][0].update(severity="<b>"),
        lambda record: record["verdicts"]["verdicts"][0].update(requirement="OCM-X-1"),
        lambda record: record["exchanges"]["log"]["entries"][0].pop("request"),
        lambda record: record.update(requirements=[]),
        lambda record: record.update(causes={"a": "b"}),
    ],
)
def test_a_bundle_that_somebody_spoiled_is_told_and_no_fault_of_ours(spoil, tmp_path):
    """Report, verify and explain say what is wrong with it."""
    report, suite = check.run(load("sim:standard"), only=["test_a_share_is_taken"])
    record = evidence.record(report, suite)
    spoil(record)
    path = str(tmp_path / "x.zip")
    evidence.archive(path, record)

    with pytest.raises(evidence.Unreadable, match=r"x\.zip is no bundle of ours: .+"):
        evidence.read(path)
    assert 2 == meshsim("report", path).returncode


STOPS = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from meshsim import bundle, cli
number = int(sys.argv.pop())
bundle.load("reports", "mutants").line = lambda row, console: os.kill(os.getpid(), number)
cli.app(args=sys.argv[1:], standalone_mode=True)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_kill_matrix_that_was_stopped_is_red(number, tmp_path):
    """Who was not tried counts as living; no file of an earlier run is taken for this one's."""
    path = tmp_path / "m.json"
    path.write_text('{"ok": true}')
    slugs = [
        word
        for slug in ("share-status-200", "notif-status-200", "share-no-name")
        for word in ("--only", slug)
    ]
    command = [
        sys.executable,
        "-c",
        STOPS,
        "mutants",
        "--quick",
        *slugs,
        "--json",
        str(path),
        str(int(number)),
    ]
    env = {**os.environ, "PYTHONPATH": str(bundle.root())}
    # Whoever holds the pipe is waited for: a process of the pool that outlived its parent would be seen.
    done = subprocess.run(command, capture_output=True, timeout=300, env=env)
    report = json.loads(path.read_text())
    jsonschema.validate(report, json.loads((bundle.root() / "reports/schemas/mutants.json").read_text()))

    assert (-9 if number == signal.SIGKILL else 130) == done.returncode
    assert not report["ok"]
    assert not report["finished"]
    assert 3 == len(report["mutants"])
    assert [] == [row["slug"] for row in report["mutants"] if not row["run"] and row["killed"]]
    assert {False} <= {row["run"] for row in report["mutants"]}
