"""Real servers, as `meshsim serve` starts them, and programs of others that use them."""

import json
import re
import shutil
import signal
import ssl
import subprocess
import sys
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

ROOT = Path(__file__).parents[2]


def need(*programs):
    """The paths of programs; skips, and says why, where one is not installed."""
    found = [shutil.which(program) for program in programs]
    for program, path in zip(programs, found, strict=True):
        if path is None:
            pytest.skip(f"{program} is not installed; as root on Debian, .ci/clients installs it")
    return found


def need_axe():
    """The script of axe, which finds what keeps people from using a page; skips where it is not."""
    found = find_spec("axe_playwright_python")
    if found is None:
        pytest.skip("axe is not installed; .ci/clients puts it into .venv")
    return (Path(found.origin).parent / "axe.min.js").read_text()


def run(*words, **options):
    """What a program prints, once it ended well."""
    done = subprocess.run(
        [str(word) for word in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    assert 0 == done.returncode, done.stdout
    return done.stdout


def trust(home, ca):
    """Let Chromium trust an authority, for whoever has that home."""
    (certutil,) = need("certutil")
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    words = (certutil, "-d", f"sql:{database}")
    run(*words, "-N", "--empty-password")
    run(*words, "-A", "-n", "meshsim", "-t", "C,,", "-i", ca)


class User:
    """Somebody at a served site, over HTTP alone."""

    def __init__(self, site, number, ca=None):
        told = site["users"][number]
        self.site = site["url"]
        self.name, self.password, self.address = told["name"], told["password"], told["address"]
        self.files = f"{self.site}/dav/files/{self.name}"
        self.shares = f"{self.site}/dav/shares/{self.name}"
        self.trust = ssl.create_default_context(cafile=ca) if ca else True
        self.http = httpx.Client(base_url=self.site, auth=(self.name, self.password), verify=self.trust)

    def ask(self, method, path, **options):
        """The JSON of an answer that must be a good one."""
        answer = self.http.request(method, path, **options)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def put(self, path, content):
        answer = self.http.put(f"{self.files}/{quote(path)}", content=content)
        assert answer.status_code in (201, 204), answer.text

    def give(self, path, to, permissions=("read", "write")):
        """Share with somebody, who accepts."""
        shared = {"path": path, "shareWith": to.address, "permissions": permissions}
        self.ask("POST", "/api/shares/sent", json=shared)
        for share in to.ask("GET", "/api/shares/received")["shares"]:
            if share["state"] == "pending":
                to.ask("POST", f"/api/shares/received/{quote(share['key'])}/accept")

    def app_password(self):
        """A new one, from the page where people get them."""
        with httpx.Client(base_url=self.site, follow_redirects=True, verify=self.trust) as browser:
            proof = csrf(browser.get("/signin").text)
            browser.post("/signin", data={"csrf": proof, "user": self.name, "password": self.password})
            proof = csrf(browser.get("/access").text)
            page = browser.post("/access/create", data={"csrf": proof, "label": "a program"}).text
        return unescape(re.search(r'class="copy">([^<:]+)<', page)[1])


def csrf(page):
    return unescape(re.search(r'name="csrf" value="([^"]*)"', page)[1])


class Served:
    """A process that serves two sites."""

    def __init__(self, place, *more, scenario="sciencemesh"):
        words = [
            sys.executable,
            "-m",
            "meshsim",
            "serve",
            scenario,
            "--sites",
            "2",
            "--users",
            "16",
            "--json",
        ]
        words += more
        self.log = place / "serve.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        self.told = json.loads(line)
        self.sites = self.told["sites"]
        self._users = {}

    def user(self, site, number=0):
        if (site, number) not in self._users:
            self._users[site, number] = User(self.sites[site], number, self.told["ca"])
        return self._users[site, number]

    def stop(self):
        """Interrupt it, as a person would; it must end well."""
        for user in self._users.values():
            user.http.close()
        self.process.send_signal(signal.SIGINT)
        told = self.process.communicate(timeout=30)[0]
        assert 0 == self.process.returncode, self.log.read_text() + told
        assert "Traceback" not in self.log.read_text(), self.log.read_text()
