"""Killed at any moment, a mesh with data on disk loses nothing it said was done, and leaves nothing half.

`nox -s kill` does it often. Each time the sites run in a process of their own, are killed with SIGKILL while
people work, and are then opened here, left to become quiet, and looked at.
"""

import json
import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

from meshsim import plugins
from meshsim.network.kernel import EPOCH
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.lifecycle import HELD, Share
from meshsim.wire import FileSlice, octets
from tests import killed

KILLS = int(os.environ.get("MESHSIM_KILLS", "6"))
SEED = int(os.environ.get("MESHSIM_SEED", "1"))


class Ledger:
    """What was said to be done, and what was under way when the process died."""

    def __init__(self):
        self.files = {}
        """What is known of each file, by host and path: hash, marks and id, or that it is gone."""
        self.shares = {}
        self.contacts = []
        self.given_out = []
        self.invites = []
        self.doubt = None
        self.acts = self.done = 0

    def read(self, lines):
        """Go through what one process said."""
        self.doubt, seconds = None, 0.0
        for line in lines:
            fact = json.loads(line)
            seconds = fact.get("now", seconds)
            if "act" in fact:
                self.doubt, self.acts = fact, self.acts + 1
            elif "id" in fact:
                self.doubt |= {name: fact[name] for name in ("id", "rights", "state")}
                self.given_out += [fact["id"], fact["secret"]]
            elif "done" in fact and self.doubt is not None:
                if fact["done"]:
                    self.settle(self.doubt, fact)
                    self.done += 1
                elif self.doubt["act"] in ("change", "state") and "refused" not in fact["why"]:
                    self.shares[self.doubt["id"]]["unsure"] = True
                self.doubt = None
        return seconds

    def settle(self, act, fact):
        """What an act that succeeded makes certain."""
        match act["act"]:
            case "write":
                self.file(act).update(hash=act["hash"])
            case "mark":
                self.file(act).update(marks=act["marks"])
            case "move":
                moved = {**self.files.pop(tuple(act["at"]), {}), "id": act["id"]}
                self.files[act["at"][0], act["to"]] = moved
            case "delete":
                self.files[tuple(act["at"])] = {"gone": True}
            case "invite":
                self.invites.append((fact["at"], fact["token"]))
                self.given_out.append(fact["token"])
            case "meet":
                self.contacts.append(act["who"])
            case "share":
                self.shares[act["id"]] = {**act, "place": (act["host"], act["path"])}
            case "change":
                self.shares[act["id"]]["rights"] = act["rights"]
            case "state":
                self.shares[act["id"]]["state"] = act["state"]

    def file(self, act):
        """The file that an act was about."""
        at = tuple(act["at"]) if "at" in act else self.shares[act["share"]]["place"]
        if self.files.get(at, {}).get("gone"):
            del self.files[at]
        return self.files.setdefault(at, {})


def run(folder, seed, seconds, count):
    """What a process said in its life, which ends soon after it said `count` lines."""
    script = str(Path(killed.__file__))
    command = [sys.executable, script, str(folder), str(seed), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        ready = process.stdout.readline()
        assert '{"started": true}\n' == ready
        lines = [process.stdout.readline() for _ in range(count)]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
    assert -signal.SIGKILL == process.returncode
    return [line for line in lines if line.endswith("\n")]


def content(storage, path):
    body = storage.read(path)
    return Path(body.path).read_bytes() if isinstance(body, FileSlice) else octets(body)


def check(mesh, ledger):
    """Everything in the ledger is there; what was under way is there or not."""
    for name in ("same_story", "nothing_twice"):
        finding = plugins.load("invariants", name)()(mesh.facts())
        assert finding.ok, finding.reason
    check_shares(mesh, ledger)
    check_files(mesh, ledger)
    for one, other in ledger.contacts:
        for address, friend in ((one, other), (other, one)):
            known = [str(contact.address) for contact in mesh.person(address).contacts()]
            assert 1 == known.count(friend), f"{address} does not know {friend}"
    for host, token in ledger.invites:
        assert mesh.site(host).records.invitation(token) is not None
    assert len(ledger.given_out) == len(set(ledger.given_out))


def check_shares(mesh, ledger):
    doubt = ledger.doubt or {}
    for provider_id, said in ledger.shares.items():
        sent = mesh.site(said["host"]).records.sent(provider_id)
        taker = OcmAddress.parse(said["taker"])
        received = mesh.site(taker.host).records.received(f"{said['host']} {provider_id}")
        assert sent is not None, f"{provider_id} is lost at {said['host']}"
        assert received is not None, f"{provider_id} is lost at {taker.host}"
        unsure = said.get("unsure") or doubt.get("id") == provider_id
        assert unsure or said["state"] == sent.state, f"{provider_id} is {sent.state}, was {said['state']}"
        if sent.state in HELD:
            assert sent.state is received.state
            assert sent.permissions == received.permissions
            assert unsure or tuple(said["rights"]) == sent.permissions
        said.update(state=str(sent.state), rights=sent.permissions, unsure=False)
    for host in mesh.hosts:
        for sent in mesh.site(host).records.sent_by():
            # Given, although nobody was told any more.
            place = (host, sent.path)
            known = {"host": host, "place": place, "taker": str(sent.recipient), "state": str(sent.state)}
            if sent.state is not Share.FAILED:
                ledger.shares.setdefault(sent.provider_id, {**known, "rights": sent.permissions})


def check_files(mesh, ledger):
    doubt = ledger.doubt or {}
    at = doubt.get("at") or (doubt.get("share") and ledger.shares[doubt["share"]]["place"]) or ("", "")
    in_doubt = tuple(at)
    for (host, path), said in list(ledger.files.items()):
        storage = mesh.storage(host)
        found, unsure = storage.stat(path), (host, path) == in_doubt
        if unsure and doubt["act"] == "move" and found is None:
            # It was moved after all, with all that belongs to it.
            ledger.settle(doubt, {})
            path, said, unsure = doubt["to"], ledger.files[host, doubt["to"]], False
            found = storage.stat(path)
        if said.get("gone") or (unsure and doubt["act"] == "delete" and found is None):
            assert found is None or unsure, f"{host}{path} is back"
            ledger.files[host, path] = {"gone": found is None}
            continue
        assert found is not None, f"{host}{path} is lost"
        now = {
            "hash": sha256(content(storage, path)).hexdigest(),
            "marks": storage.properties(path),
            "id": found.file_id,
        }
        expected = {name: value for name, value in said.items() if name in now}
        if unsure and doubt["act"] in ("write", "mark"):
            name = {"write": "hash", "mark": "marks"}[doubt["act"]]
            assert name not in said or now[name] in (said[name], doubt[name]), f"{host}{path} is half written"
            expected.pop(name, None)
        assert expected == {name: now[name] for name in expected}, f"{host}{path}"
        ledger.files[host, path] = now


def test_nothing_acknowledged_is_lost_however_often_the_process_is_killed(tmp_path):
    """Records on both sides, bytes of files, their properties and ids; and no token comes twice."""
    chance, ledger, seconds = Random(SEED), Ledger(), 0.0
    for kill in range(KILLS):
        lines = run(tmp_path, f"{SEED} {kill}", seconds + 60.0, chance.randrange(150))
        ended = ledger.read(lines)
        seconds = max(seconds, ended - EPOCH) if ended else seconds
        mesh = killed.start(tmp_path, seconds + 60.0)
        try:
            for host in mesh.hosts:
                mesh.site(host)
            assert mesh.settle()
            check(mesh, ledger)
            seconds = mesh.now - EPOCH
        finally:
            mesh.close()
    print(f"{KILLS} kills; {ledger.done} of {ledger.acts} acts were done; {len(ledger.shares)} shares")

    assert ledger.done
    assert ledger.shares
