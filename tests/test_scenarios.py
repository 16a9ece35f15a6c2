"""The scenarios that come with meshsim: all goes well, and one seed is one run."""

import json
import os
import subprocess
import sys

import pytest

from meshsim import bundle, running
from meshsim.site.granting import Granting
from meshsim.story import Options

SMALL = {
    "sciencemesh": {"sites": 3},
    "campus": {"sites": 4, "users": 120},
    "trust": {"sites": 2},
    "lossy": {"sites": 3, "users": 12},
}
RUNS = int(os.environ.get("MESHSIM_RUNS", "2"))
"""`nox -s determinism` asks for twenty."""

CODE = """
import json, sys
from meshsim import bundle, running
from meshsim.story import Options
name, sites, users = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) or None
report = running.run(name, bundle.load("scenarios", name), Options(sites=sites, users=users)).report
print(json.dumps(report))
"""


def run(name, seed=0, **options):
    return running.run(name, bundle.load("scenarios", name), Options(**options, seed=seed))


def test_every_scenario_is_tried():
    """A new scenario needs a line above."""
    assert sorted(SMALL) == bundle.names("scenarios")


@pytest.mark.parametrize("name", SMALL)
def test_all_goes_well(name):
    """Every flow ends as it should, every invariant holds and looked at something."""
    report = run(name, **SMALL[name]).report

    assert [] == [flow for flow in report["flows"] if not flow["ok"]]
    assert [] == [found for found in report["invariants"] if not (found["ok"] and found["checked"])]


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_bad_network_leaves_one_story_whatever_the_seed(seed):
    """Lost, late and doubled messages and crashes do no lasting harm."""
    report = run("lossy", seed).report

    assert [] == [(f["name"], f["reason"]) for f in report["invariants"] if not f["ok"]]
    assert report["ok"]


def test_the_bad_network_is_bad():
    """The plan really touches the run: requests fail, and hosts go down."""
    transcript = run("lossy").mesh.transcript
    touched = {fault for exchange in transcript for fault in exchange.faults}
    planned = {spec.partition(":")[0] for spec in bundle.load("scenarios", "lossy").faults(Options())}

    assert planned - {"crash"} <= touched
    assert any(exchange.error for exchange in transcript)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_garbled_is_no_other_answer(seed):
    """An altered document that is still one would be believed, and nobody could tell."""
    garbled = [e for e in run("lossy", seed).mesh.transcript if "garbled" in e.faults and not e.error]

    assert garbled
    for exchange in garbled:
        with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
            json.loads(exchange.response.body)


@pytest.mark.parametrize("name", SMALL)
def test_one_seed_is_one_run_in_fresh_interpreters(name):
    """Hash seeds, and whatever else differs between processes, change nothing."""
    sizes = [str(SMALL[name]["sites"]), str(SMALL[name].get("users", 0))]
    reports = {
        subprocess.run(
            [sys.executable, "-c", CODE, name, *sizes],
            env={**os.environ, "PYTHONHASHSEED": str(number)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in range(1, RUNS + 1)
    }

    assert 1 == len(reports)
    assert 64 == len(json.loads(reports.pop())["digest"])


def test_sciencemesh_visits_every_ordered_pair_by_string_and_by_link():
    """No pair of sites is left out."""
    done = run("sciencemesh", sites=4)
    hosts = done.mesh.hosts
    pairs = {(source, target) for source in hosts for target in hosts if source != target}
    for name in ("invite by string", "contact by link", "unshare", "decline"):
        found = {(flow["source"], flow["target"]) for flow in done.report["flows"] if flow["name"] == name}

        assert pairs <= found, name


def test_a_site_that_keeps_serving_what_ended_is_caught(monkeypatch):
    """By the flow that knocks, and by the invariant, which sees what was served."""
    monkeypatch.setattr(Granting, "is_open", lambda self, share: True)
    report = run("sciencemesh", sites=2).report
    doors = [flow["ok"] for flow in report["flows"] if flow["name"] == "door is shut"]
    broken = [found["name"] for found in report["invariants"] if not found["ok"]]

    assert len(doors) > 2
    assert not any(doors)
    assert "access" in broken


def test_reports_hold_no_secret(tmp_path):
    """What a run writes to files can be given away: no secret, token or password is in it."""
    done = run("sciencemesh", sites=2)
    secrets = {row.secret for _, _, row in done.mesh.journal.rows("sent")}
    secrets |= {row.token for _, _, row in done.mesh.journal.rows("invitations")}
    for exchange in done.mesh.transcript:
        if exchange.request.url.endswith("/ocm/token") and exchange.response.status == 200:
            secrets.add(json.loads(exchange.response.body)["access_token"])
    secrets |= {
        done.mesh.people(host).password(user) for host in done.mesh.hosts for user in done.mesh.people(host)
    }
    code = tmp_path / "har.json"
    with code.open("w") as file:
        bundle.load("reports", "har").write(
            running.entries(done.mesh.transcript), "0", file, running.secrets(done.mesh)
        )
    text = code.read_text() + json.dumps(done.report)

    assert len(secrets) > 10
    assert [] == [secret for secret in secrets if secret in text]
