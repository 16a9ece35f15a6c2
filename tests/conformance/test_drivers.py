import inspect
import json
import os
import re
import subprocess
import sys
from importlib import import_module

import pytest

from conformance import Unsupported, check, drivers
from conformance.record import Refused
from conformance.targets import Misuse, load
from meshsim.wire import NetworkError, Response


class Nobody:
    """A place where no request is answered, or each in the same way."""

    host, scheme = "site.example", "https"

    def __init__(self, answer=None, lines=()):
        self.passwords = {"alice": "secret"}
        self.answer = answer
        self.lines = list(lines)
        self.asked = []

    def call(self, request):
        if self.answer is None:
            raise NetworkError("connection refused", sent=False)
        return self.answer

    def ask(self, text):
        self.asked.append(text)
        return self.lines.pop(0) if self.lines else None


ARGUMENTS = {
    "path": "/notes.txt",
    "to": "mia@peer.example",
    "options": {},
    "permissions": ["read"],
    "agree": True,
}


def verbs(driver):
    return [verb for verb in drivers.VERBS if hasattr(driver, verb)]


def arguments(do):
    """Something for each parameter."""
    return [ARGUMENTS.get(name, "x") for name in list(inspect.signature(do).parameters)[1:]]


@pytest.mark.parametrize("name", drivers.names())
def test_a_driver_does_what_verbs_it_knows_as_they_are_agreed(name):
    """Its public methods are verbs, with the parameters that VERBS has."""
    driver = drivers.load(name, Nobody())
    public = [n for n, m in inspect.getmembers(driver, inspect.ismethod) if not n.startswith("_")]

    assert set(public) <= set(drivers.VERBS)
    assert {"share", "accept", "invite", "accept_invite"} <= set(public)
    for verb in public:
        agreed = re.match(r"\(([^)]*)\)", drivers.VERBS[verb])[1]
        count = len(re.sub(r"\{[^}]*\}", "options", agreed).split(","))
        assert count == len(inspect.signature(getattr(driver, verb)).parameters), verb


@pytest.mark.parametrize("name", drivers.names())
def test_a_driver_says_what_it_is(name):
    """In the first line of its file, and who acts."""
    assert (import_module(f"conformance.drivers.{name}").__doc__ or "").strip()
    assert ("alice",) == drivers.load(name, Nobody()).users


@pytest.mark.parametrize("name", drivers.names())
def test_a_site_that_does_not_answer_has_refused(name):
    """No verb ends in an error of ours; somebody who has gone leaves it undone."""
    driver = drivers.load(name, Nobody())
    # Where somebody's files lie is known without asking for it.
    for verb in set(verbs(driver)) - {"home"}:
        with pytest.raises((Refused, Unsupported)):
            drivers.act(driver, verb, "alice", *arguments(getattr(driver, verb)))


@pytest.mark.parametrize("name", [n for n in drivers.names() if n != "manual"])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": {"message": "no"}}', b"null"])
def test_a_refusal_is_told_whatever_it_looks_like(name, body):
    """403 with a body of any kind."""
    driver = drivers.load(name, Nobody(Response(403, {}, body)))
    with pytest.raises(Refused, match="403"):
        driver.invite("alice")


@pytest.mark.parametrize("name", drivers.names())
def test_a_driver_needs_somebody(name):
    """Without a user it cannot begin."""
    place = Nobody()
    place.passwords = {}
    with pytest.raises(Misuse, match="--"):
        drivers.load(name, place)


def test_what_a_driver_cannot_is_unsupported():
    """And so is what is no verb at all."""
    driver = drivers.load("opencloudmesh_go", Nobody())
    for verb in ("unshare", "users", "place", "nonsense"):
        with pytest.raises(Unsupported):
            drivers.act(driver, verb, "alice")


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path):
    """As is an option that the driver does not take."""
    with pytest.raises(Misuse, match="is no folder"):
        drivers.load(f"opencloudmesh_go:files={tmp_path / 'none'}", Nobody())
    with pytest.raises(Misuse, match="takes: files"):
        drivers.load("opencloudmesh_go:file=x", Nobody())


def test_a_test_has_a_folder_of_its_own(tmp_path):
    """What it wants is made in there, and taken away in the end."""
    driver = drivers.load(f"opencloudmesh_go:files={tmp_path}", Nobody())
    (tmp_path / "notes.txt").write_text("somebody's own")
    home = drivers.Home(driver, "conformance-1")

    assert "/conformance-1/papers/review.md" == home.path("alice", "/papers/review.md")
    assert (tmp_path / "conformance-1" / "papers" / "abstract.txt").is_file()
    home.close()
    assert ["notes.txt"] == os.listdir(tmp_path)


def test_somebody_is_told_what_to_do_and_may_say_no():
    """Enter, skip, and what the site said; at the end of the input nobody is there."""
    place = Nobody(lines=["", "dGVzdEBob3N0", "", "no such person", "skip"])
    driver = drivers.load("manual", place)

    assert "dGVzdEBob3N0" == driver.invite("alice")
    driver.share("alice", "/notes.txt", "mia@peer.example", {"permissions": ["read"]})
    with pytest.raises(Refused, match="no such person"):
        driver.accept("alice", "p-1")
    with pytest.raises(Unsupported, match="cannot be done"):
        driver.decline("alice", "p-1")
    with pytest.raises(Unsupported, match="nobody answers"):
        driver.read("alice", "p-1", "")
    assert "You act at site.example" in place.asked[0]
    assert any("As alice: share /notes.txt with mia@peer.example" in text for text in place.asked)


def test_the_suite_waits_for_somebody_at_the_keyboard(served, tmp_path):
    """Who does what is asked, here with the user API, is answered with a verdict."""
    url, login = served
    command = [sys.executable, "-m", "meshsim", "check", url, "--peer", "localhost", "--driver", "manual"]
    options = ["--login", login, "--only", "every_share_has_an_id", "--json", str(tmp_path / "x.json")]
    user = next(iter(load(url, login=login).passwords))
    hands = load(url, driver="simulated", login=login)
    with subprocess.Popen(
        [*command, *options],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        for line in process.stderr:
            if (found := re.search(r"share (/\S+) with (\S+@\S+)", line)) is not None:
                # The suite's own server answers while it waits for the line.
                hands.driver.share(user, found[1], found[2], {})
            if line.startswith(("As ", "You act")):
                process.stdin.write("\n")
                process.stdin.flush()
        process.wait(60)
    hands.close()
    report = json.loads((tmp_path / "x.json").read_text())

    assert ["passed"] == [v["verdict"] for v in report["verdicts"]]


def test_simulated_and_served_people_act_alike(served):
    """One driver for both: the same tests come out the same."""
    words = ["test_sending.py", "test_access.py"]
    simulated, _ = check.run(load("sim:standard"), only=words)
    real, _ = check.run(load(served[0], peer="localhost", driver="simulated", login=served[1]), only=words)
    there = {(v["test"], v["requirement"]): v["verdict"] for v in real["verdicts"]}
    differ = {
        v["test"].partition("[")[0]
        for v in simulated["verdicts"]
        if v["verdict"] != there[v["test"], v["requirement"]]
    }

    # Two take minutes of virtual time, two a site that is configured for them.
    assert {
        "test_access.py::test_an_expired_token_is_renewed",
        "test_sending.py::test_a_discovery_that_failed_is_tried_again",
        "test_sending.py::test_an_algorithm_without_a_name_in_http_is_left_out",
        "test_sending.py::test_who_cannot_exchange_does_not_share_with_who_demands_it",
    } == differ
