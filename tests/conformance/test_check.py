import json
import subprocess
import sys
import zipfile

import jsonschema
import pytest

from conformance import catalogue, check, evidence, verdicts
from conformance.targets import Misuse, load
from meshsim import bundle


def schema(name):
    return json.loads((bundle.root() / "reports" / "schemas" / f"{name}.json").read_text())


def meshsim(*words):
    command = [sys.executable, "-m", "meshsim", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def standard(tmp_path_factory):
    """A run against the standard site: its report, its suite, and its bundle."""
    report, suite = check.run(load("sim:standard"))
    path = tmp_path_factory.mktemp("bundle") / "standard.zip"
    evidence.write(str(path), report, suite)
    return report, suite, path


def test_the_standard_site_raises_no_alarm(standard):
    """Nothing fails, nothing is blocked, and the facts are as published."""
    report = standard[0]
    jsonschema.validate(report, schema("check"))

    assert [] == [v for v in report["verdicts"] if v["verdict"] in verdicts.BAD]
    assert report["ok"]


def test_a_bundle_holds_no_secret_of_the_run(standard):
    """Neither what the site issued nor what the suite's servers did."""
    _, suite, path = standard
    with zipfile.ZipFile(path) as archive:
        text = "\n".join(archive.read(name).decode() for name in archive.namelist())
    found, invites = evidence.secrets(suite)

    assert len(found) > 50
    assert [] == [secret for secret in {*found, *invites} if len(secret) >= 8 and secret in text]


def test_the_verdicts_of_a_bundle_come_out_the_same(standard):
    """From the file alone."""
    found = evidence.verify(str(standard[2]))

    assert [] == found["differ"]
    assert len(standard[0]["verdicts"]) == found["same"]


def test_an_altered_bundle_does_not_verify(standard, tmp_path):
    """An answer made better after the run is seen, and so is a verdict."""
    altered = tmp_path / "altered.zip"
    with zipfile.ZipFile(standard[2]) as old, zipfile.ZipFile(altered, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name == "exchanges.har":
                text = text.replace('"status": 201', '"status": 202')
            new.writestr(name, text)

    assert not evidence.verify(str(altered))["ok"]


def test_what_is_no_bundle_is_told(tmp_path):
    """As wrong use, not as our fault."""
    path = tmp_path / "x.zip"
    path.write_bytes(b"no zip")

    assert 2 == meshsim("verify", str(path)).returncode


def test_a_failed_must_is_1_and_the_message_is_shown(tmp_path):
    """Requirement, expected and actual on the terminal; the plan and the verdicts in the file."""
    done = meshsim("check", "mutant:share-status-200", "--json", str(tmp_path / "x.json"))
    report = json.loads((tmp_path / "x.json").read_text())

    assert 1 == done.returncode
    assert "OCM-SHARE-111" in done.stdout
    assert not report["ok"]
    assert 0 < report["counts"]["failed"]


@pytest.mark.parametrize(
    "target",
    [
        *("nonsense", "https://", "mutant:none", "sim:nobody", "sim:standard:x=1", "sim:standard:scheme=ftp"),
        *("sim:standard:clock=drift", "sim:standard:token_kind=x", "sim:standard:key_algorithm=x"),
        "sim:opencloudmesh_go:signed=false",
    ],
)
def test_a_target_that_cannot_be_is_wrong_use(target):
    """And says what to write instead."""
    with pytest.raises(ValueError, match=r".+"):
        load(target)
    assert issubclass(Misuse, ValueError)


def test_a_dry_run_lists_the_plan():
    """Requirement and test, and nothing is sent."""
    done = meshsim("check", "sim:standard", "--dry-run")

    assert 0 == done.returncode
    assert "OCM-SHARE-116" in done.stdout


def test_plain_pytest_is_the_same_suite():
    """`pytest conformance --site TARGET`."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "conformance",
        "--site",
        "sim:standard",
        "-k",
        "discovery",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=bundle.root(), timeout=300)

    assert 0 == done.returncode, done.stdout
    assert "passed" in done.stdout


def test_every_id_is_tested_or_has_a_reason(standard):
    """The suite would not start otherwise; the reasons are words."""
    tested = {cell.requirement for cell in standard[1].verdicts}

    assert catalogue.known() == tested | catalogue.untested().keys()
    assert all(len(reason) > 10 for reason in catalogue.untested().values())


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def test_x(): pass", "names no requirement"),
        (
            "from conformance import requirement\n@requirement('OCM-X-1')\ndef test_x(): pass",
            "not in the catalogue",
        ),
    ],
)
def test_a_test_that_says_nothing_stops_the_suite(source, told, tmp_path, monkeypatch):
    """Without a requirement, or with one that is unknown."""
    from conformance import plugin

    place = tmp_path / "conformance"
    place.mkdir()
    (place / "test_planted.py").write_text(source)
    monkeypatch.setattr(plugin, "HERE", place)
    suite = plugin.Suite(load("sim:standard"))
    monkeypatch.setattr(check.bundle, "root", lambda: tmp_path)

    assert told in check._pytest(suite, [])


def test_what_is_neither_tested_nor_excused_is_told():
    """And so is what is both."""
    from conformance.plugin import gaps

    excused = next(iter(catalogue.untested()))
    everything = catalogue.known() - catalogue.untested().keys()

    assert [] == gaps(everything)
    assert 1 == len(gaps(everything - {"OCM-SHARE-116"}))
    assert 1 == len(gaps(everything | {excused}))


def test_an_aborted_run_is_red():
    """Cells that never ran are errors."""
    report = verdicts.report("x", [verdicts.planned("OCM-SHARE-116", "t")])

    assert not report["ok"]
    assert 1 == report["counts"]["error"]


def test_a_level_decides_what_a_failure_is():
    """And what does not bind the site is only told."""
    assert "failed" == verdicts.decide("MUST NOT", "failed", binding=True)
    assert "warning" == verdicts.decide("SHOULD", "failed", binding=True)
    assert "informational" == verdicts.decide("MAY", "failed", binding=True)
    assert "informational" == verdicts.decide("MUST", "failed", binding=False)
    assert "unsupported" == verdicts.decide("MUST", "unsupported", binding=True)


def test_what_stands_for_a_secret_is_json_where_the_secret_was():
    """An escape of a character stays one, and the length the same."""
    shown = evidence.shaped(b"t\\u003ekaze99")

    assert len("t\\u003ekaze99") == len(shown)
    assert ">" in json.loads(f'"{shown}"')
    assert "kaze99" not in shown


OWN = """
from conformance import requirement


@requirement("OCM-SHARE-116")
def test_mine(site, peer):
    assert 499 == peer.post_share(site, shareWith=f"nobody@{site.host}").status_code
"""


def test_tests_of_ones_own_are_judged_beside_the_others(tmp_path):
    """Their verdicts stand in the report, and come out of the bundle again with them at hand."""
    own = tmp_path / "test_mine.py"
    own.write_text(OWN)
    report, suite = check.run(load("sim:standard"), own=[str(own)], only=["test_mine", "a_share_is_taken"])
    evidence.write(str(tmp_path / "x.zip"), report, suite)
    found = {v["test"]: (v["verdict"], v["reason"]) for v in report["verdicts"]}

    assert ("failed", "expected 499, got 400") == found.get("test_mine.py::test_mine"), found
    assert ("passed", "") == found["test_share.py::test_a_share_is_taken"]
    assert [] == evidence.verify(str(tmp_path / "x.zip"), [str(own)])["differ"]
    assert ["OCM-SHARE-116 in test_mine.py::test_mine: recorded failed, now not there"] == evidence.verify(
        str(tmp_path / "x.zip")
    )["differ"]


@pytest.mark.parametrize("name", ["test_none.py", "mine.py", "test_share.py"])
def test_a_file_of_tests_that_cannot_be_is_wrong_use(name, tmp_path):
    """It is not there, is not called so, or is called as one of ours."""
    if name != "test_none.py":
        (tmp_path / name).write_text("")

    with pytest.raises(Misuse, match="--tests"):
        check.plan(load("sim:standard"), own=[str(tmp_path / name)])


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("assert 201 == 200\n +  where 200 = <Answer>.status_code", "expected 201, got 200"),
        ("assert 200 in (201, 400)\n + where", "got 200, expected one of (201, 400)"),
        ("assert not <Site object at 0x7fc5b103d0d0>.keys", "expected not <Site object>.keys"),
        ("assert 'a == b' == 'c'", "expected 'a == b' == 'c'"),
        ("the key is short\nassert False", "the key is short"),
    ],
)
def test_a_reason_is_read_without_the_source(told, reason):
    """What was compared, in one line, and the same in every run."""
    from conformance.plugin import compared

    assert reason == compared(told)


def test_a_host_without_a_scheme_is_understood_well_enough_to_help():
    """The message says what was meant, most likely."""
    with pytest.raises(Misuse, match=r"did you mean https://cloud\.example\?"):
        load("cloud.example")
