import json
import subprocess
import sys

import jsonschema

from meshsim import bundle


def meshsim(*words):
    command = [sys.executable, "-m", "meshsim", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


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
