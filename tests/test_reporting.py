import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile

import pytest

from conformance import check, evidence
from conformance.targets import load
from meshsim import bundle, reporting

PLACES = {form: f"r.{form}" for form in (*reporting.FORMS, "json", "bundle")}
OPTIONS = [word for form, path in PLACES.items() for word in (f"--{form}", path)]
STOPS = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs us in the background ignores it
from meshsim import bundle, cli
seen = []
def progress(console):
    def note(cell):
        seen.append(cell)
        if len(seen) == 60:
            os.kill(os.getpid(), int(sys.argv.pop()))
    return note
bundle.load("reports", "check").progress = progress
sys.argv[:1] = ["meshsim"]
number = sys.argv.pop()
sys.argv.append(number)
cli.app(args=sys.argv[1:-1], standalone_mode=True)
"""


def meshsim(*words, cwd):
    command = [sys.executable, "-m", "meshsim", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)


def stopped(number, cwd):
    """A check that gets a signal when it has come to sixty verdicts."""
    words = [sys.executable, "-c", STOPS, "check", "sim:standard", *OPTIONS, str(int(number))]
    env = {**os.environ, "PYTHONPATH": str(bundle.root())}
    return subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=cwd, env=env)


def looks(folder):
    """What each form that lies there says of the run."""
    junit = ET.parse(folder / "r.junit").getroot()
    record = evidence.read(str(folder / "r.bundle"))
    return {
        "json": json.loads((folder / "r.json").read_text())["ok"],
        "bundle": record["verdicts"]["ok"],
        "junit": junit.get("errors") == "0",
        **{
            form: "not finish" not in (folder / f"r.{form}").read_text()
            for form in ("html", "markdown", "badge")
        },
    }


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_run_that_was_stopped_is_red_in_every_form(number, tmp_path):
    """Also where the files of a good run lay before; what was found so far is told, if there is time."""
    for path in PLACES.values():
        (tmp_path / path).write_text("from an earlier run")
    done = stopped(number, tmp_path)
    report = json.loads((tmp_path / "r.json").read_text())

    assert (-9 if number == signal.SIGKILL else 130) == done.returncode, done.stderr
    assert set(looks(tmp_path).values()) == {False}
    assert not report["finished"]
    if number != signal.SIGKILL:
        assert 0 < report["counts"]["passed"]
        assert "not finish" in done.stdout
        assert not evidence.verify(str(tmp_path / "r.bundle"))["differ"]


def test_every_form_is_written_and_again_from_the_bundle(tmp_path):
    """One record, one path: the forms come out the same."""
    done = meshsim("check", "sim:standard", "--only", "discovery", *OPTIONS, cwd=tmp_path)
    first = {form: (tmp_path / path).read_text() for form, path in PLACES.items() if form != "bundle"}
    again = [word for word in OPTIONS if word not in ("--bundle", "r.bundle")]
    told = meshsim("report", "r.bundle", *again, cwd=tmp_path)

    assert (0, 0) == (done.returncode, told.returncode), done.stderr + told.stderr
    assert set(looks(tmp_path).values()) == {True}
    for form, text in first.items():
        assert text == (tmp_path / PLACES[form]).read_text(), form
    shown = meshsim("report", "r.bundle", cwd=tmp_path)
    assert done.stdout == shown.stdout


def test_no_form_holds_a_secret_of_the_run(tmp_path):
    """Neither what the site issued nor what the suite's servers did."""
    report, suite = check.run(load("mutant:token-word-swap"))
    record = evidence.record(report, suite)
    found, invites = evidence.secrets(suite)
    wanted = [secret for secret in {*found, *invites} if len(secret) >= 8]
    reporting.write(record, {form: str(tmp_path / path) for form, path in PLACES.items()})
    texts = [(tmp_path / path).read_text() for form, path in PLACES.items() if form != "bundle"]
    with zipfile.ZipFile(tmp_path / "r.bundle") as packed:
        texts += [packed.read(name).decode() for name in packed.namelist()]

    assert report["counts"]["failed"]
    assert len(wanted) > 50
    assert [] == [secret for secret in wanted for text in texts if secret in text]


def test_a_place_that_cannot_be_written_is_told_before_anything_runs(tmp_path):
    """As wrong use."""
    done = meshsim("check", "sim:standard", "--html", "no/such/folder/x.html", cwd=tmp_path)

    assert 2 == done.returncode
    assert "no/such/folder/x.html" in done.stderr
    assert 2 == meshsim("report", "nothing.zip", cwd=tmp_path).returncode


def test_a_check_that_never_begins_leaves_no_report_of_an_earlier_one(tmp_path):
    """Nobody answers there, so nothing is known of it."""
    for path in PLACES.values():
        (tmp_path / path).write_text("from an earlier run")
    done = meshsim("check", "http://127.0.0.1:1", *OPTIONS, cwd=tmp_path)

    assert 2 == done.returncode, done.stdout
    assert [] == list(tmp_path.iterdir())
