"""`meshsim load` from the command line: what it prints and writes, and its exit status."""

import json
import socket
import ssl
import subprocess
import sys
import threading

import jsonschema
import pytest
import trustme

from meshsim import bundle
from tests.saying import saying

SHORT = ("--rate", "4", "--duration", "2", "--peers", "4")


def load(*words, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "meshsim", "load", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=200,
    )


def told(done):
    return json.loads(done.stdout)


def test_a_share_is_followed_to_its_end_on_a_mesh_of_its_own():
    """Peers with keys, a served target in another process, and books that are right."""
    done = load("share", *SHORT, "--seed", "3", "--json", "-")
    result = told(done)
    schema = json.loads((bundle.root() / "reports" / "schemas" / "load.json").read_text())
    jsonschema.validate(result, schema)

    assert {} == result["errors"]
    assert (8, 8, 8) == (result["arrivals"], result["begun"], result["done"])
    ledger = result["ledger"]
    assert (8, 8, [], 0) == (
        ledger["entries"],
        ledger["acknowledged"],
        ledger["findings"],
        ledger["unasked"],
    )
    assert all(one["ok"] for one in result["thresholds"] if one["name"] != "latency_ms.p99")
    assert (0 if result["ok"] else 1) == done.returncode, done.stderr
    assert "ledger: 8 acknowledged; 0 lost" in done.stderr


def test_both_sides_show_who_they_are_on_https():
    """A mesh and peers on https, each with an authority that the other was told of."""
    done = load("share", *SHORT, "--tls", "--json", "-")
    result = told(done)

    assert {} == result["errors"], done.stderr
    assert (8, 8) == (result["done"], result["ledger"]["acknowledged"])
    assert result["target"][0].startswith("https://")
    assert [] == result["ledger"]["findings"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("shares",), "there is no story 'shares'; there are:"),
        (("share", "--rate", "0"), "a rate is above 0"),
        (("share", "--rate", "-3"), "a rate is above 0"),
        (("share", "--rate", "nan"), "a rate is above 0"),
        (("share", "--rate", "1e5"), "bounded to 2000 stories a second"),
        (("share", "--duration", "1e7"), "bounded to 2000 stories a second for 3600 seconds"),
        (("share", "--duration", "0"), "more than 0 seconds"),
        (("share", "--peers", "0"), "1 to 5000 peers"),
        (("share", "--processes", "0"), "1 to 64 processes"),
        (("share", "--arrival", "square"), "no arrivals 'square'"),
        (("share", "--thresholds", "none.toml"), "no file none.toml"),
        (("share", "not a url"), "is no URL of a site"),
        (("share", "ftp://localhost"), "is no URL of a site"),
        (("share", "http://192.0.2.1"), "say --yes-i-may-load 192.0.2.1"),
        (("share", "https://localhost"), "give --peer-ca FILE"),
        (("share", "https://localhost", "--peer-cert", "none.pem"), "say which, by --peer-host"),
        (("share", "https://localhost", "--peer-ca", "/no/such/x"), "/no/such/x: No such file"),
        (("share", "--driver", "simulated"), "say who acts at a target; give its URL"),
        (("share", "http://localhost", "--driver", "x", "--processes", "2"), "leave out --processes"),
        (("share", "http://localhost", "--tls"), "--tls is for a mesh that is served for the run"),
        (("share", "--json", "/no/such/folder/x"), "cannot write"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_is(words, why):
    """Wrong use is 2, and the message says what to do."""
    done = load(*words)

    assert 2 == done.returncode, done.stderr
    assert why in done.stderr


HTML = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>"
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
OFF = b'{"enabled": false, "endPoint": "http://x/ocm", "apiVersion": "1.1.0"}'


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
            "no OCM site: its /.well-known/ocm answers 404",
        ),
        (HTML, "no OCM site: its /.well-known/ocm is no JSON"),
        (EMPTY, "names no endPoint"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(OFF) + OFF, "switched off"),
        (b"\x16\x03\x01 garbage\r\n\r\n", "cannot be reached: the answer is no HTTP"),
        (b"", "cannot be reached: connection reset"),
        (None, "cannot be reached: timeout"),
    ],
)
def test_a_target_that_is_no_ocm_site_ends_the_run_with_a_reason(answer, why):
    """In bounded time, with a report of what happened, and not with 0."""
    with saying(answer) as url:
        done = load("share", url, *SHORT, "--json", "-")
    result = told(done)

    assert 1 == done.returncode, done.stderr
    assert (False, False) == (result["valid"], result["ok"])
    assert why in result["invalid"][0]
    assert why in " ".join(done.stderr.split())


def test_a_certificate_that_does_not_verify_ends_the_run_with_the_reason(tmp_path):
    """Nothing of ours is said to whoever cannot prove who they are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as door:
        heard = []

        def serve():
            for _ in range(2):
                try:
                    connection, _ = door.accept()
                    with context.wrap_socket(connection, server_side=True) as secured:
                        heard.append(secured.recv(100))
                except OSError:
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{door.getsockname()[1]}"
        done = load("share", url, "--peer-ca", str(tmp_path / "peers.pem"), *SHORT, "--json", "-")

    assert 1 == done.returncode, done.stderr
    assert "no trusted TLS connection" in told(done)["invalid"][0]
    assert [] == [data for data in heard if data]


def test_a_target_where_nobody_listens_or_whose_name_leads_nowhere_is_said_to_be_that():
    """Both before a single story."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        place = door.getsockname()[1]
    for url, why in (
        (f"http://127.0.0.1:{place}", "connection refused"),
        ("http://no.such.invalid", "reached"),
    ):
        done = load("share", url, *SHORT, "--json", "-")

        assert 1 == done.returncode, done.stderr
        assert why in told(done)["invalid"][0]
