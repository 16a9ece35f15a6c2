"""Real servers that run already, beside a site of ours; `nox -s peers` says how they are named.

MESHSIM_OCMGO        URLs of OpenCloudMesh-Go servers, one for http and one for https
MESHSIM_OCMGO_LOGIN  a file with NAME:PASSWORD of their bootstrap user
MESHSIM_OCMGO_FILES  their folders of files, in the same order
MESHSIM_OCMGO_CA     for https: the authority that vouches for them
MESHSIM_OCMGO_CERT   for https: a certificate (PEM, with key) that they trust, for servers of the suite
MESHSIM_OCMGO_DATA   for https: the data of a site of ours, `meshsim serve campus --tls --data DIR`, with a
                     ca.pem that they trust
MESHSIM_OCMGO_PEER   HOST:PORT where they reach us: ports from ten below PORT upwards; localhost if left out
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from conformance.targets import load


def wanted(name, why):
    """A variable; without it the test skips, and says what it was for."""
    value = os.environ.get(f"MESHSIM_OCMGO{name}", "")
    if not value:
        pytest.skip(f"MESHSIM_OCMGO{name} is not set: {why}")
    return value


@pytest.fixture(params=["http", "https"])
def server(request):
    """Its URL, and the options of a check."""
    urls = wanted("", "it names running OpenCloudMesh-Go servers").split()
    number = next((n for n, url in enumerate(urls) if url.startswith(f"{request.param}://")), None)
    if number is None:
        pytest.skip(f"MESHSIM_OCMGO names no server on {request.param}")
    login = wanted("_LOGIN", "the driver has to sign in")
    folders = os.environ.get("MESHSIM_OCMGO_FILES", "").split()
    driver = f"opencloudmesh_go:files={folders[number]}" if number < len(folders) else "opencloudmesh_go"
    options = {"driver": driver, "login": login, "peer": os.environ.get("MESHSIM_OCMGO_PEER", "localhost")}
    if request.param == "https":
        options["ca"] = wanted("_CA", "the suite has to trust the server")
        options["peer-cert"] = wanted("_CERT", "the server has to trust the suite")
    return urls[number], options


@contextmanager
def ours(tls, peer):
    """A site of ours, where the server reaches it."""
    port = peer.rpartition(":")[2]
    words = [
        "--port",
        str(int(port) - 10) if port.isdecimal() else "0",
        "--allow",
        "127.0.0.0/8",
        "--allow",
        "::1/128",
    ]
    if tls:
        data = wanted("_DATA", "the server has to trust our site")
        words += ["--tls", "--data", data, "--trust", wanted("_CA", "our site has to trust the server")]
    command = [
        sys.executable,
        "-m",
        "meshsim",
        "serve",
        "campus",
        "--sites",
        "1",
        "--users",
        "3",
        "--json",
        *words,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def test_it_is_examined_in_both_roles(server, tmp_path):
    """It breaks nothing but what is known of it, and a good part of all requirements was judged."""
    url, options = server
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = [sys.executable, "-m", "meshsim", "check", url, "--expect", "opencloudmesh_go", *words]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "x.json")], capture_output=True, text=True, timeout=900
    )
    report = json.loads((tmp_path / "x.json").read_text())

    assert 0 == done.returncode, done.stdout
    assert 150 < report["coverage"]["must_judged"]
    assert report["counts"]["known"]


def test_shares_flow_both_ways(server, tmp_path):
    """Invites and files, from its user to one of ours and back, over sockets."""
    url, options = server
    with ours(url.startswith("https"), options["peer"]) as told:
        site = told["sites"][0]
        who = site["users"][0]
        (tmp_path / "login").write_text(f"{who['name']}:{who['password']}\n")
        here = load(site["url"], driver="simulated", login=str(tmp_path / "login"), ca=told["ca"])
        there = load(url, driver=options["driver"], login=options["login"], ca=options.get("ca"))
        try:
            flow(here, there)
        finally:
            here.close()
            there.close()


def flow(here, there):
    """Both meet by invites of both; then each gives the other a file, who takes and reads it."""
    ours, theirs = here.driver, there.driver
    (user, *_), (their_user, *_) = here.users, there.users
    theirs.accept_invite(their_user, ours.invite(user))
    address = ours.accept_invite(user, theirs.invite(their_user))

    assert address.endswith(f"@{there.host}")
    assert [address] == [contact["address"] for contact in ours.contacts(user)]

    before = len(theirs.inbox(their_user))
    ours.put(user, "/to-them.txt", "from our site\n")
    ours.share(user, "/to-them.txt", address, {})
    received = theirs.inbox(their_user)
    (share,) = [entry for entry in received if entry["owner"] == f"{user}@{here.host}"]

    assert before + 1 == len(received)
    theirs.accept(their_user, share["key"])
    assert "from our site\n" == theirs.read(their_user, share["key"], "")
    assert ["accepted"] == [given["state"] for given in ours.given(user)]

    theirs.share(
        their_user, "/notes.txt" if theirs.files is None else "/hello-ocm.txt", f"{user}@{here.host}", {}
    )
    (received,) = ours.inbox(user)
    ours.accept(user, received["key"])

    assert ours.read(user, received["key"], "").startswith("Hello from OpenCloudMesh Go")


@pytest.mark.parametrize("story", ["invite", "share", "mixed"])
def test_a_small_load_with_books_that_are_right(server, story, tmp_path):
    """Whole peers, the users by the driver of the suite; what the server cannot do is left out by name."""
    url, options = server
    host, _, port = options["peer"].rpartition(":")
    words = ["--driver", options["driver"], "--login", options["login"], "--rate", "2", "--duration", "5"]
    words += ["--peers", "3", "--peer-host", f"{host}:{int(port) + 300}" if host else options["peer"]]
    if "ca" in options:
        words += ["--ca", options["ca"], "--peer-cert", options["peer-cert"]]
    path = tmp_path / "load.json"
    command = [sys.executable, "-m", "meshsim", "load", story, url, *words, "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    result = json.loads(path.read_text())

    assert {} == result["errors"], done.stderr
    assert 10 == result["done"]
    assert [] == result["ledger"]["findings"]
    assert result["left_out"] or story == "invite"
