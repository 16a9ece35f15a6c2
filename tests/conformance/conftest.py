import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
import trustme


@contextmanager
def serving(*words):
    """A process of `meshsim serve`: what it tells of itself."""
    command = [sys.executable, "-m", "meshsim", "serve", "campus", "--port", "0", "--json"]
    options = ("--sites", "2", "--users", "6", "--allow", "127.0.0.0/8", "--allow", "::1/128")
    with subprocess.Popen([*command, *options, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def login(told, path):
    """The file of names and passwords that a driver wants."""
    users = told["sites"][0]["users"][:3]
    path.write_text("".join(f"{user['name']}:{user['password']}\n" for user in users))
    return str(path)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A site of ours on plain http: its URL, and a file to sign in with."""
    with serving() as told:
        yield told["sites"][0]["url"], login(told, tmp_path_factory.mktemp("login") / "login")


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """The same on https: its URL, the file, what vouches for it, and a certificate that it trusts."""
    place = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(place / "ours.pem"))
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(place / "suite.pem"))
    with serving("--tls", "--trust", str(place / "ours.pem")) as told:
        options = {"ca": told["ca"], "certificate": str(place / "suite.pem")}
        yield told["sites"][0]["url"], {"login": login(told, place / "login"), **options}
