"""`meshsim serve --data`, killed with SIGKILL while programs work by HTTP, loses nothing acknowledged.

`nox -s kill` does it often. Several programs work at once, each with people, files and shares of its own;
each knows what was acknowledged, and what was under way when the connection broke.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, closing, suppress
from hashlib import sha256
from pathlib import Path
from random import Random
from urllib.parse import quote

import httpx

KILLS = int(os.environ.get("MESHSIM_KILLS", "4"))
SEED = int(os.environ.get("MESHSIM_SEED", "1"))
HELD = ("pending", "accepted")
RIGHTS = (["read"], ["read", "write"], ["read", "share"])
PATIENCE = 2000
"""Requests that a mesh may take to become quiet after a start."""


class Served:
    """Serves a mesh from a folder, each time in another process."""

    def __init__(self, folder, port):
        command = [sys.executable, Path(__file__).with_name("reborn.py"), "serve", "sciencemesh"]
        command += ["--sites", "3", "--json", "--data", folder, "--port", port]
        self.mother = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self):
        """Serve, and return when all sites answer."""
        self.mother.stdin.write("\n")
        self.mother.stdin.flush()
        # Who of the two is the first to say something is not known.
        said = sorted(self.mother.stdout.readline() for _ in range(2))
        assert said[1].startswith("{"), f"serve ended before it was ready: {said}"
        self.process, self.sites = int(said[0]), json.loads(said[1])["sites"]

    def end(self, how):
        """Send the signal, and wait; how the process ended."""
        with suppress(ProcessLookupError):  # it was killed before
            os.kill(self.process, how)
        return int(self.mother.stdout.readline())

    def close(self):
        """Serve no more."""
        self.mother.communicate(timeout=60)


class Program:
    """What a program did for one person who gives and one who takes, and what it knows of that."""

    def __init__(self, number, chance):
        self.number = number
        self.chance = chance
        self.files = {}
        """What is in each file: the hash, or two of them when it is not known which."""
        self.shares = {}
        self.invites = []
        self.friends = False
        self.given_out = []
        self.doubt = None
        self.done = 0
        self.acknowledged = threading.Semaphore(0)
        self.refused = []

    def open(self, sites):
        """Clients for its two people, at the sites as they are served now."""
        ours, theirs = sites[self.number % len(sites)], sites[(self.number + 1) % len(sites)]
        # Two programs may share a site; their people are others.
        giver, taker = ours["users"][0], theirs["users"][1]
        self.host, self.giver, self.taker = ours["host"], giver, taker
        self.at_giver, self.at_taker = (
            # To load certificates that are not asked for takes longer than all else here.
            httpx.Client(
                base_url=site["url"], auth=(user["name"], user["password"]), timeout=60, verify=False
            )
            for site, user in ((ours, giver), (theirs, taker))
        )

    def close(self):
        """Break off."""
        self.at_giver.close()
        self.at_taker.close()

    def go_on(self):
        """Act until the connection breaks."""
        acts = [self.befriend, self.put, self.put, self.change, self.unshare]
        acts += [self.share, self.answer, self.write] * 2
        try:
            while True:
                self.chance.choice(acts)()
                self.doubt = None
        except httpx.TransportError:
            pass

    def ask(self, client, method, url, **options):
        """One request; the answer if it was done, None if it was refused."""
        answer = client.request(method, url, **options)
        if answer.is_success:
            self.done += 1
            self.acknowledged.release()
            return answer
        assert answer.status_code < 500, f"{method} {url}: {answer.status_code} {answer.text}"
        self.refused.append(f"{method} {url}: {answer.status_code} {answer.text[:100]}")
        return None

    def content(self):
        return self.chance.randbytes(self.chance.choice([0, 200, 5_000, 300_000]))

    def own(self, name):
        return f"/dav/files/{self.giver['name']}/{name}"

    def inside(self, provider_id):
        return f"/api/shares/received/{quote(f'{self.host} {provider_id}', safe='')}"

    def befriend(self):
        invite = self.ask(self.at_giver, "POST", "/api/invites", json={"description": "again"})
        token = invite.json()["token"]
        self.invites.append(token)
        self.given_out.append(token)
        taken = self.ask(
            self.at_taker, "POST", "/api/invites/accept", json={"invite": invite.json()["inviteString"]}
        )
        self.friends = self.friends or (taken is not None and taken.status_code == 200)

    def put(self):
        name, data = f"file-{self.number}-{self.chance.randrange(8)}", self.content()
        self.store(self.at_giver, self.own(name), name, data)

    def store(self, client, url, name, data):
        after = sha256(data).hexdigest()
        self.doubt = {"file": name, "hash": after}
        if self.ask(client, "PUT", url, content=data) is not None:
            self.files[name] = after

    def share(self):
        if self.files:
            name = self.chance.choice(sorted(self.files))
            asked = {
                "path": name,
                "shareWith": self.taker["address"],
                "permissions": self.chance.choice(RIGHTS),
            }
            given = self.ask(self.at_giver, "POST", "/api/shares/sent", json=asked)
            if given is not None:
                row = given.json()
                self.shares[row["providerId"]] = known(row)
                self.given_out.append(row["providerId"])

    def some(self, *states):
        fit = [key for key, share in self.shares.items() if share["state"] in states]
        return self.chance.choice(fit) if fit else None

    def change(self):
        if (key := self.some(*HELD)) is not None:
            rights = self.chance.choice(RIGHTS)
            self.doubt = {"share": key, "rights": rights}
            if self.ask(self.at_giver, "PATCH", f"/api/shares/sent/{key}", json={"permissions": rights}):
                self.shares[key]["rights"] = rights

    def unshare(self):
        if (key := self.some(*HELD)) is not None:
            self.doubt = {"share": key, "state": "revoked"}
            if self.ask(self.at_giver, "DELETE", f"/api/shares/sent/{key}"):
                self.shares[key]["state"] = "revoked"

    def answer(self):
        if (key := self.some("pending")) is not None:
            verb, state = self.chance.choice([("accept", "accepted")] * 3 + [("decline", "declined")])
            self.doubt = {"share": key, "state": state}
            if self.ask(self.at_taker, "POST", f"{self.inside(key)}/{verb}"):
                self.shares[key]["state"] = state

    def write(self):
        fit = [k for k, s in self.shares.items() if s["state"] == "accepted" and "write" in s["rights"]]
        if fit:
            key = self.chance.choice(fit)
            self.store(self.at_taker, f"{self.inside(key)}/files/", self.shares[key]["name"], self.content())

    # After a start

    def both(self):
        """What each side shows of the shares between these two people."""
        sent = self.at_giver.get("/api/shares/sent").raise_for_status().json()["shares"]
        received = self.at_taker.get("/api/shares/received").raise_for_status().json()["shares"]
        ours = {s["providerId"]: known(s) for s in sent if s["shareWith"] == self.taker["address"]}
        held = [s for s in received if s["sender"] == self.giver["address"]]
        theirs = {s["key"].partition(" ")[2]: known(s) for s in held}
        assert len(held) == len(theirs), "a share is there twice"
        return ours, theirs

    def check(self):
        """All that was acknowledged is there, on both sides; what was under way is done or not."""
        for _ in range(PATIENCE):
            ours, theirs = self.both()
            if {key: share for key, share in ours.items() if share["state"] in (*HELD, "offered")} == theirs:
                break
        else:
            raise AssertionError(f"half shares: {ours} here, {theirs} there")
        doubt = self.doubt or {}
        for key, said in self.shares.items():
            assert key in ours, f"the share {key} is lost"
            possible = [said, {**said, **doubt}] if doubt.get("share") == key else [said]
            assert any(
                ours[key]["state"] == way["state"]
                and (way["state"] not in HELD or sorted(ours[key]["rights"]) == sorted(way["rights"]))
                for way in possible
            ), f"{key} is {ours[key]}, and should be {possible}"
        new = ours.keys() - self.shares.keys()
        assert len(new) <= 1, "more than one act was under way"
        self.given_out += new
        self.shares = ours
        live = [share["name"] for share in ours.values() if share["state"] in HELD]
        assert len(live) == len(set(live)), "a file is shared twice"
        for name in {*self.files, *([doubt["file"]] if "file" in doubt else [])}:
            self.check_file(name, doubt)
        if self.friends:
            for client, friend in ((self.at_giver, self.taker), (self.at_taker, self.giver)):
                contacts = client.get("/api/contacts").raise_for_status().json()["contacts"]
                assert 1 == [c["address"] for c in contacts].count(friend["address"])
        invites = self.at_giver.get("/api/invites").raise_for_status().json()["invites"]
        assert set(self.invites) <= {invite["token"] for invite in invites}
        self.doubt = None

    def check_file(self, name, doubt):
        """Its bytes are those that were written last, or those that were being written."""
        answer = self.at_giver.get(self.own(name))
        found = sha256(answer.content).hexdigest() if answer.status_code == 200 else None
        possible = [self.files.get(name)] + ([doubt["hash"]] if doubt.get("file") == name else [])

        assert found in possible, f"{name} is not what was written: {answer.status_code}"
        if found is not None:
            self.files[name] = found


def known(row):
    """What is compared of a share."""
    return {"name": row["name"], "state": row["state"], "rights": row["permissions"]}


def free_ports():
    """The first of a few free ports, below those that systems give to whoever calls (from 32768 on Linux)."""
    for first in Random(os.getpid()).sample(range(20000, 32000, 8), 100):
        with ExitStack() as probes:
            try:
                for port in range(first, first + 6):
                    probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no ports are free")


def test_nothing_acknowledged_by_http_is_lost(tmp_path):
    """Shares on both sides, contacts, invites, files by their bytes; nothing twice, nothing half."""
    chance = Random(SEED)
    programs = [Program(number, Random(f"{SEED} {number}")) for number in range(3)]
    with closing(Served(tmp_path / "data", free_ports())) as served:
        for _ in range(KILLS):
            served.start()
            try:
                work(served, programs, chance.randrange(1, 60), chance.uniform(0.0, 0.03))
            finally:
                assert -signal.SIGKILL == served.end(signal.SIGKILL)
                for program in programs:
                    program.close()
        served.start()
        for program in programs:
            program.open(served.sites)
            program.check()
            program.close()
        ended = served.end(signal.SIGTERM)
    done = sum(program.done for program in programs)
    shares = sum(len(program.shares) for program in programs)
    print(f"{KILLS} kills; {done} requests were acknowledged; {shares} shares")
    given_out = [text for program in programs for text in program.given_out]

    assert 0 == ended
    assert len(given_out) == len(set(given_out)), "a token or identifier came twice"
    assert done
    assert shares


def work(served, programs, count, moment):
    """Check what is there, then let the programs work until the process is killed.

    That is a moment after so many requests, and not after a time: on any machine there is as much to lose.
    """
    acknowledged = threading.Semaphore(0)
    for program in programs:
        program.open(served.sites)
        program.check()
        program.acknowledged = acknowledged
    threads = [threading.Thread(target=program.go_on) for program in programs]
    for thread in threads:
        thread.start()
    for _ in range(count):
        assert acknowledged.acquire(timeout=300)
    threading.Timer(moment, os.kill, (served.process, signal.SIGKILL)).start()
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive()
