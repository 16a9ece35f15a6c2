import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance import Unsupported, check, reach, verdicts
from conformance.targets import Misuse, load, url
from meshsim.wire import NetworkError, Request
from tests.saying import saying


def wrong(report):
    return [
        (v["test"], v["verdict"], v["reason"]) for v in report["verdicts"] if v["verdict"] in verdicts.BAD
    ]


def counts(report):
    return {name: count for name, count in report["counts"].items() if count}


def test_a_url_alone_is_enough(served):
    """Discovery, keys and what else needs nobody; the rest is unsupported with its reason."""
    report, _ = check.run(load(served[0]))

    assert [] == wrong(report)
    assert 150 <= report["counts"]["passed"]
    assert 30 <= report["coverage"]["must_judged"]
    assert {"the site cannot reach the suite: give a --peer"} <= {v["reason"] for v in report["verdicts"]}
    assert all(v["reason"] for v in report["verdicts"] if v["verdict"] == "unsupported")


def test_a_site_of_ours_is_examined_in_both_roles(served):
    """Its users act, the suite's servers are called on sockets, and nothing is amiss."""
    target = load(served[0], peer="localhost", driver="simulated", login=served[1])
    report, suite = check.run(target)

    assert [] == wrong(report)
    assert 200 <= report["coverage"]["must_judged"]
    assert target.sent < url.BUDGET
    # Some tests give up the key that a share would have to be taken back with.
    assert suite.left.total() <= 5


def test_over_https_more_is_judged(secure):
    """TLS both ways, with certificates of two authorities."""
    where, options = secure
    report, _ = check.run(
        load(where, peer="localhost", driver="simulated", **options), only=["oracle", "sending"]
    )

    assert [] == wrong(report)
    judged = {v["requirement"] for v in report["verdicts"] if v["verdict"] == "passed"}
    assert {"OCM-SHARE-004", "OCM-DISC-003"} <= judged


def test_what_was_left_is_taken_back(served):
    """Neither shares nor contacts nor files remain."""
    target = load(served[0], peer="localhost", driver="simulated", login=served[1])
    user = target.users[0]
    driver = target.driver
    before = [len(driver.inbox(user)), len(driver.contacts(user))]
    check.run(target, only=["test_invite.py", "test_requests.py", "permission"])
    again = load(served[0], driver="simulated", login=served[1])
    shares = [share for share in again.driver.given(user) if share["state"] in ("pending", "accepted")]
    after = [len(again.driver.inbox(user)), len(again.driver.contacts(user))]
    again.close()

    assert before == after
    assert [] == shares


def test_a_dry_run_says_what_would_be_sent(served):
    """Requests, acts of users and how many of each; the site hears nothing."""
    from conformance import rehearsal

    target = load("http://nobody.invalid:9", peer="localhost", driver="simulated", login=served[1])
    lines = list(rehearsal.lines(target, ["test_share.py", "test_sending.py"]))

    assert "    POST http://nobody.invalid:9/ocm/shares" in lines
    assert any(": share" in line for line in lines)
    assert f"of at most {url.BUDGET}" in lines[-1]
    assert 0 == target.sent


def test_plain_pytest_takes_a_url_too(served):
    """With the same options."""
    words = ("--site", served[0], "--peer", "localhost", "--driver", "simulated", "--site-login", served[1])
    command = [sys.executable, "-m", "pytest", "-q", "conformance/test_discovery.py", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert 0 == done.returncode, done.stdout


def test_a_wrong_password_is_wrong_use(served, tmp_path):
    """Told before anything is judged; so is somebody who is to act and has none."""
    login = tmp_path / "login"
    login.write_text(f"{Path(served[1]).read_text().partition(':')[0]}:wrong\n")
    done = subprocess.run(
        [sys.executable, "-m", "meshsim", "check", served[0], "--driver", "simulated", "--login", str(login)],
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (2, "") == (done.returncode, done.stdout)
    assert "does not let" in done.stderr
    with pytest.raises(Misuse, match="nobody-here is to act, and has no password"):
        check.run(load(served[0], driver="simulated", login=served[1], users=["nobody-here"]))


def test_a_user_who_does_not_live_there_blocks_and_nothing_fails(served):
    """What to do is said once; what needs nobody is judged all the same."""
    report, _ = check.run(
        load(served[0], peer="localhost", users=["nobody-here"]), only=["test_share.py", "test_discovery.py"]
    )
    blocked = {v["reason"] for v in report["verdicts"] if v["verdict"] == "blocked"}

    assert 0 == report["counts"]["failed"]
    assert 10 < report["counts"]["passed"]
    assert 1 == len(blocked)
    assert "Give it with --user" in blocked.pop()


@pytest.fixture
def odd():
    """Makes servers that answer every connection with the same octets, or with nothing at all."""
    with ExitStack() as stack:
        yield lambda octets: stack.enter_context(saying(octets))


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n[1]\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
        b"\x00\x01 not HTTP\r\n\r\n",
    ],
)
def test_what_is_no_ocm_site_fails_and_blocks_the_rest(odd, octets):
    """The missing document is the root, and all else is blocked by it."""
    report, _ = check.run(load(odd(octets)))
    failed = {v["requirement"] for v in report["verdicts"] if v["verdict"] == "failed"}

    assert "OCM-DISC-001" in failed
    assert 100 < report["counts"]["blocked"]
    assert {} == {n: c for n, c in counts(report).items() if n in ("passed", "error")}


def test_a_site_that_never_answers_is_not_waited_for_again_and_again(odd, monkeypatch):
    """After three silences in a row nothing more is asked."""
    monkeypatch.setattr(reach, "LIMIT", 0.05)
    target = load(odd(None))
    report, _ = check.run(target)

    assert url.SILENT == target.sent
    assert "failed" in counts(report)
    assert "passed" not in counts(report)


def test_where_nobody_is_there_is_nothing_to_judge():
    """Wrong use, with the reason."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Misuse, match="connection refused"):
        check.run(load(f"http://127.0.0.1:{port}"))
    with pytest.raises(Misuse, match="there is no host"):
        check.run(load("https://nobody.invalid"))


def test_an_authority_that_is_not_known_is_told(secure):
    """With the option that names it."""
    with pytest.raises(Misuse, match="--ca"):
        check.run(load(secure[0]))


def test_a_site_that_cannot_call_us_is_told_so_once(served):
    """The tests that need it are blocked by that, and no requirement fails for it."""
    report, _ = check.run(load(served[0], peer="nobody.invalid", users=["u1"]), only=["test_share.py"])

    assert {"blocked"} == set(counts(report)) - {"unsupported"}
    assert any("did not ask there who that is" in v["reason"] for v in report["verdicts"])


def test_the_budget_is_kept(served, monkeypatch):
    """What is beyond it is unsupported, and not sent."""
    monkeypatch.setattr(url, "BUDGET", 3)
    target = load(served[0])
    for _ in range(3):
        target.call(Request("GET", f"{served[0]}/.well-known/ocm"))
    with pytest.raises(Unsupported, match="budget"):
        target.call(Request("GET", f"{served[0]}/.well-known/ocm"))
    target.close()

    assert 3 == target.sent


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("https://x/path", {}),
        ("https://user@x", {}),
        ("http://x:99999", {}),
        ("https://x", {"peer": "localhost"}),
        ("http://x", {"peer": "localhost:port"}),
        ("http://x", {"peer": "http://localhost"}),
        ("https://x", {"ca": "/nothing/there.pem"}),
        ("https://x", {"peer": "localhost", "certificate": __file__}),
        ("http://x", {"driver": "nobody"}),
        ("http://x", {"driver": "simulated"}),
        ("http://x", {"driver": "simulated:x=1", "users": ["u1"]}),
        ("http://x", {"login": "/nothing/there"}),
        ("http://x", {"login": __file__}),
    ],
)
def test_options_that_cannot_be_are_wrong_use(text, options):
    """Each says what to write instead."""
    with pytest.raises(Misuse, match=r".{20,}"):
        load(text, **options)


def test_an_answer_without_end_is_cut_off(odd):
    """No site fills our memory."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n"
    target = load(odd(head + b"x" * 9_999_999))
    with pytest.raises(NetworkError, match="more than 4 MiB"):
        target.call(Request("GET", target.name))
    target.close()


def test_who_is_named_keeps_the_password_of_the_file(tmp_path):
    """And comes first; who has none is known by name alone."""
    (tmp_path / "login").write_text("alice:secret\nbob:word\n")
    target = load("http://localhost:1", users=["bob", "mia"], login=str(tmp_path / "login"))

    assert [("bob", "word"), ("mia", ""), ("alice", "secret")] == list(target.passwords.items())
