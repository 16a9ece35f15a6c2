"""What `test_kill.py` kills: two sites with data on disk, whose people never rest.

`python tests/killed.py DIR SEED SECONDS`. Before an act one line of JSON says what is tried, after it another
what became of it. SECONDS is where the clock of the mesh starts, counted from its beginning.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

from meshsim.mesh import Mesh
from meshsim.ocm.errors import OcmError
from meshsim.storage import StorageError

ALPHA, BETA = "alpha.example.org", "beta.example.org"
PEOPLE = [f"{name}@{host}" for host in (ALPHA, BETA) for name in ("alice", "bob")]
RIGHTS = (("read",), ("read", "write"), ("read", "share"))


def start(folder, seconds):
    """The mesh in that folder, its clock set forward."""
    mesh = Mesh(2, data=Path(folder))
    mesh.advance(seconds)
    return mesh


def say(**facts):
    """One line to whoever watches."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Load:
    """Random acts of random people, one after the other."""

    def __init__(self, mesh, chance):
        self.mesh = mesh
        self.chance = chance
        self.invites = []

    def person(self):
        return self.mesh.person(self.chance.choice(PEOPLE))

    def other(self, person):
        return self.mesh.person(
            self.chance.choice([p for p in PEOPLE if not p.endswith(person.address.host)])
        )

    def content(self):
        return self.chance.randbytes(self.chance.choice([0, 100, 5_000, 200_000]))

    def name(self):
        return f"file-{self.chance.randrange(6)}"

    def own(self):
        """Ordinary work in one's own files."""
        person, name = self.person(), self.name()
        path, data = f"/{person.address.user}/{name}", self.content()
        say(act="write", at=[person.address.host, path], hash=sha256(data).hexdigest())
        person.put(name, data)

    def move(self):
        """A file gets another name, and keeps its id and properties."""
        person = self.person()
        storage, home = person.site.ports.storage, f"/{person.address.user}"
        files = [e.path for e in storage.list(home) if not e.folder] if storage.stat(home) else []
        if files:
            source = self.chance.choice(files)
            target = f"{home}/moved-{self.chance.randrange(10**9)}"
            marks = {"{urn:x}mark": f"<mark>{target}</mark>"}
            say(act="mark", at=[person.address.host, source], marks=marks)
            storage.set_properties(source, marks)
            say(done=True)
            say(act="move", at=[person.address.host, source], to=target, id=storage.stat(source).file_id)
            storage.move(source, target)

    def remove(self):
        """A file goes."""
        person = self.person()
        storage, home = person.site.ports.storage, f"/{person.address.user}"
        files = [e.path for e in storage.list(home) if e.path.rpartition("/")[2].startswith("moved-")]
        if files:
            path = self.chance.choice(files)
            say(act="delete", at=[person.address.host, path])
            storage.delete(path)

    def meet(self):
        """An invite, taken up at once."""
        inviter = self.person()
        guest = self.other(inviter)
        say(act="invite")
        invite = inviter.invite()
        say(done=True, token=invite.token, at=inviter.address.host)
        say(act="meet", who=[str(inviter.address), str(guest.address)])
        self.mesh.run(guest.accept_invite(invite))

    def share(self):
        """One of a few files, to one of a few people: often given already, and refused."""
        giver = self.person()
        taker, name = self.other(giver), self.name()
        rights = self.chance.choice(RIGHTS)
        say(
            act="share",
            host=giver.address.host,
            path=f"/{giver.address.user}/{name}",
            taker=str(taker.address),
        )
        share = self.mesh.run(giver.share(name, taker.address, rights))
        say(id=share.provider_id, secret=share.secret, rights=share.permissions, state=share.state)

    def change(self):
        """Other rights."""
        giver = self.person()
        held = [share for share in giver.given() if share.state in ("pending", "accepted")]
        if held:
            share, rights = self.chance.choice(held), self.chance.choice(RIGHTS)
            say(act="change", id=share.provider_id, rights=rights)
            self.mesh.run(giver.change_permissions(share, rights))

    def unshare(self):
        """Taken back."""
        giver = self.person()
        held = [share for share in giver.given() if share.state in ("pending", "accepted")]
        if held:
            share = self.chance.choice(held)
            say(act="state", id=share.provider_id, state="revoked")
            self.mesh.run(giver.unshare(share))

    def answer(self):
        """Taken, or not."""
        taker = self.person()
        pending = [share for share in taker.received() if share.state == "pending"]
        if pending:
            share, takes = self.chance.choice(pending), self.chance.random() < 0.8
            say(act="state", id=share.provider_id, state="accepted" if takes else "declined")
            self.mesh.run((taker.accept if takes else taker.decline)(share))

    def write(self):
        """Into somebody else's file, over the network."""
        taker = self.person()
        fit = [s for s in taker.received() if s.state == "accepted" and "write" in s.permissions]
        if fit:
            share, data = self.chance.choice(fit), self.content()
            say(act="write", share=share.provider_id, hash=sha256(data).hexdigest())
            self.mesh.run(taker.write(share, "", data))

    def go_on(self):
        """Until killed."""
        acts = [self.own, self.move, self.remove, self.meet, self.change, self.unshare]
        acts += [self.share, self.answer, self.write] * 3
        while True:
            try:
                self.chance.choice(acts)()
                say(done=True, now=self.mesh.now)
            except (OcmError, StorageError) as error:
                say(done=False, why=str(error), now=self.mesh.now)
            self.mesh.advance(self.chance.choice([0.0, 0.0, 2.0]))


if __name__ == "__main__":
    mesh = start(sys.argv[1], float(sys.argv[3]))
    say(started=True)
    Load(mesh, Random(sys.argv[2])).go_on()
