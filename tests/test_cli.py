"""The command line, as scripts use it: what it prints, where it writes, and its exit status."""

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from meshsim import __version__, bundle, plugins


def meshsim(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "meshsim", *words], capture_output=True, text=True, cwd=cwd, timeout=300
    )


def schema(name):
    return json.loads((bundle.root() / "reports" / "schemas" / f"{name}.json").read_text())


def test_a_good_run_is_0_and_prints_its_tables():
    """Flows, pairs and invariants, and a word at the end."""
    done = meshsim("run", "sciencemesh", "--sites", "2")

    assert 0 == done.returncode, done.stdout + done.stderr
    for word in ("flows", "pairs", "invariants", "all is well", "digest"):
        assert word in done.stdout


def test_json_goes_to_a_file_by_its_schema(tmp_path):
    """The facts are as published, and the digest is that of the same run elsewhere."""
    for name in ("one.json", "two.json"):
        done = meshsim(
            "run", "campus", "--sites", "2", "--users", "20", "--seed", "3", "--json", name, cwd=tmp_path
        )
        assert 0 == done.returncode, done.stderr
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one.json", "two.json"))
    jsonschema.validate(one, schema("run"))

    assert one == two
    assert ("campus", 3, __version__, True) == (one["scenario"], one["seed"], one["version"], one["ok"])


def test_json_to_standard_output_is_nothing_but_json(tmp_path):
    """Tables go to standard error then; HAR goes to its file."""
    done = meshsim("run", "campus", "--sites", "2", "--json", "-", "--har", "x.har", cwd=tmp_path)
    har = json.loads((tmp_path / "x.har").read_text())["log"]

    assert json.loads(done.stdout)["ok"]
    assert "all is well" in done.stderr
    assert json.loads(done.stdout)["exchanges"] == len(har["entries"])
    assert "1.2" == har["version"]


def test_a_run_that_goes_wrong_is_1_and_says_how_to_repeat_it():
    """A fault that nothing survives: every flow that failed is told."""
    fault = "wrong_status:path=/ocm/shares,status=403"
    done = meshsim("run", "sciencemesh", "--sites", "2", "--seed", "5", "--fault", fault)

    assert 1 == done.returncode
    assert f"meshsim run sciencemesh --sites 2 --seed 5 --fault '{fault}'" in done.stdout
    assert "403" in done.stdout


@pytest.mark.parametrize("fault", ["truncated", "garbled", "lost_answer", "wrong_status"])
@pytest.mark.parametrize("scenario", ["sciencemesh", "campus", "lossy"])
def test_whatever_the_network_does_is_no_fault_of_ours(scenario, fault):
    """Answers that are lost, cut or altered make flows go wrong, and the story goes on."""
    done = meshsim("run", scenario, "--sites", "2", "--users", "40", "--fault", f"{fault}:probability=0.3")

    assert done.returncode in (0, 1), done.stderr
    assert "to repeat this" in done.stdout or not done.returncode


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["run", "nonsense"], "sciencemesh"),
        (["run", "campus", "--fault", "gremlins"], "lost_answer"),
        (["run", "campus", "--fault", "delay:colour=red"], "colour"),
        (["run", "campus", "--fault", "outage:host=nowhere.example"], "campus0.example"),
        (["run", "campus", "--fault", "partition:group=campus0.example+x.example"], "x.example"),
        (["run", "campus", "--sites", "1"], "--sites"),
        (["run", "sciencemesh", "--sites", "20"], "8 sites"),
        (["run", "campus", "--seed", "x"], "--seed"),
        (["run", "campus", "--json", "no/such/folder/x.json"], "No such file or directory"),
        (["run", "campus", "--json", "."], "Is a directory"),
        (["run", "campus", "--har", ""], "Is a directory"),
        (["run", "campus", "--json", "-", "--har", "-"], "not both"),
        (["bench", "--json", "."], "Is a directory"),
        (["run"], "scenario"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_is_2_and_says_what_to_do(words, reason):
    """The message names what was wrong, or what there is."""
    done = meshsim(*words)

    assert 2 == done.returncode, done.stdout
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_who_stops_a_run_is_told_nothing_of_faults(tmp_path):
    """An interrupt is neither a verdict nor our fault."""
    words = [sys.executable, "-m", "meshsim", "run", "campus", "--users", "1000000"]

    def heed_interrupts():
        # A shell that starts this in the background has its children ignore them.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        preexec_fn=heed_interrupts,
    ) as run:
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(3)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)

    assert 130 == run.returncode
    assert "" == out
    assert "our own fault" not in err


def test_our_own_fault_is_3(tmp_path):
    """A bug is told as ours, with the command to report."""
    code = (
        "import sys; from meshsim import cli, running; sys.argv = ['meshsim', 'run', 'campus'];"
        "running.run = lambda *a, **k: 1 / 0; cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)

    assert 3 == done.returncode
    assert "our own fault" in done.stderr
    assert "meshsim run campus" in done.stderr


def test_scenarios_are_listed_with_their_first_line():
    """One line each."""
    done = meshsim("scenarios")

    assert bundle.names("scenarios") == [line.split()[0] for line in done.stdout.splitlines()]


def test_help_and_version_are_there():
    """Without words it helps, too."""
    assert "run" in meshsim("--help").stdout
    assert f"meshsim {__version__}" == meshsim("--version").stdout.strip()


def test_who_stops_reading_has_judged_nothing():
    """`meshsim ... | head` ends as it does for other programs, with neither a verdict nor a traceback."""
    for words in (["run", "sciencemesh", "--sites", "2"], ["run", "campus", "--sites", "2", "--json", "-"]):
        with subprocess.Popen(
            [sys.executable, "-m", "meshsim", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            run.stdout.close()
            told = run.stderr.read().decode()
            run.wait(60)

        assert 141 == run.returncode, told
        assert "Traceback" not in told
        assert "Exception ignored" not in told


def test_accidents_are_listed_with_their_options():
    """Whoever writes `--fault` finds the names and what they take."""
    told = meshsim("faults").stdout

    for name in plugins.names("faults"):
        assert f"\n{name} " in f"\n{told}"
    assert "restart_after" in told
    assert "probability" in told


def test_a_full_disk_is_told_by_the_name_of_the_file():
    """Nobody else is to blame, and there is nothing to report."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    for option in ("--json", "--har"):
        done = meshsim("run", "campus", "--sites", "2", option, "/dev/full")

        assert 2 == done.returncode
        assert "cannot write '/dev/full': No space left on device" in done.stderr


def test_a_full_disk_behind_standard_output_is_nobodys_fault():
    """Of whatever command; what could not be printed is not tried again at the end."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    for words in (["scenarios"], ["--help"], ["run", "campus", "--sites", "2", "--json", "-"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "meshsim", *words], stdout=full, stderr=subprocess.PIPE, text=True
            )

        assert 2 == done.returncode
        assert done.stderr.endswith("meshsim: cannot write what is to be printed: No space left on device\n")
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr
