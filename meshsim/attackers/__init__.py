"""Whom a site has to fear: each attacker wants one thing, and facts tell how much of it was had.

A plug-in offers `build() -> Attack`. It works in an `Arena`: a victim, a friend that works with it all the
while, and the attacker's own host, which is a real server. What an attacker knows or controls beyond that (a
stolen key, a link, a directory) is given to it by the attack itself.
"""

import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from meshsim.composition import Composition, Turn
from meshsim.mesh import Mesh, Topology
from meshsim.network.hosts import Handler
from meshsim.ocm.directory import Server
from meshsim.ocm.errors import OcmError
from meshsim.person import Person
from meshsim.site.records import CONTACTS, RECEIVED_SHARES, SENT_SHARES, ReceivedShare
from meshsim.wire import NetworkError, Request, Response

VICTIM, FRIEND, EVIL = "victim.example", "friend.example", "evil.example"
CENTRAL = "central.example"
WORKERS = 4
"""Requests that the victim works on at a time, as a small server in PHP or with threads does."""

JSON = {"content-type": "application/json"}

World = Callable[[Topology, int], Composition]
"""Makes the mesh of an arena: simulated, or on real sockets."""


class Attack(msgspec.Struct, frozen=True):
    """One attack: what it is for, how it is done, and how much of it worked."""

    goal: str
    wanted: int
    """How much there is to get."""
    act: Callable[["Arena"], Awaitable[None]]
    got: Callable[["Arena"], int]
    """How much of it was had, told from records and transcript when all is over."""
    span: float = 30.0
    """Seconds over which the friend goes on with its work meanwhile."""


class Workers:
    """A handler that works on so many requests at a time; others wait."""

    def __init__(self, mesh: Composition, handler: Handler, count: int) -> None:
        self._mesh = mesh
        self._handler = handler
        self._free = count
        self._waiting: deque[Turn] = deque()

    async def __call__(self, request: Request) -> Response:
        """The answer, once a worker was free for it."""
        if self._free:
            self._free -= 1
        else:
            turn = self._mesh.turn()
            self._waiting.append(turn)
            await turn
        try:
            return await self._handler(request)
        finally:
            if self._waiting:
                self._waiting.popleft().resolve(None)
            else:
                self._free += 1


class Arena:
    """The place of one attack."""

    def __init__(self, mesh: Composition) -> None:
        self.mesh = mesh
        self.alice: Person = self.mesh.person(f"alice@{VICTIM}")
        self.bob: Person = self.mesh.person(f"bob@{FRIEND}")
        self.signs = self.alice.site.profile.dialect.signing is not None
        place = self.mesh.network.hosts.get(VICTIM)
        place.handler = Workers(mesh, place.start(), WORKERS)
        members = [Server(f"https://{host}", host) for host in (VICTIM, FRIEND)]
        self.mesh.site(CENTRAL).listing.enter(*members)
        self.given: dict[str, float] = {}
        """What the friend gave to the victim's user during the attack: providerId, and when."""
        self.tried = 0

    async def acquaint(self) -> None:
        """Friend and victim meet before the attack, and share something."""
        await self.bob.accept_invite(self.alice.invite())
        await self.alice.share("notes.txt", self.bob.address)
        await self.bob.share("notes.txt", self.alice.address)
        for share in self.bob.received():
            await self.bob.accept(share)

    async def work(self, span: float, count: int = 6) -> None:
        """What the friend does all the while: share after share."""
        for number in range(count):
            name = f"work-{number}.txt"
            self.bob.put(name, b"work")
            self.spawn(self._give(name))
            await self.mesh.sleep(span / count)

    async def _give(self, name: str) -> None:
        self.tried += 1
        began = self.mesh.now
        try:
            share = await self.bob.share(name, self.alice.address)
        except OcmError:
            return
        self.given[share.provider_id] = began

    def honest(self, patience: float = 2.0) -> tuple[int, int]:
        """How many of the friend's shares came later than `patience` seconds, and how many never did."""
        arrived: dict[str, float] = {}
        for time, _, row in self.mesh.journal.rows(RECEIVED_SHARES, VICTIM):
            if row.host == FRIEND and row.name.startswith("work-"):
                arrived.setdefault(row.provider_id, time)
        delays = [arrived[given] - began for given, began in self.given.items() if given in arrived]
        return sum(delay > patience for delay in delays), self.tried - len(delays)

    def spawn(self, work: Any) -> None:
        """Do something meanwhile."""
        self.mesh.spawn(work)

    async def send(self, request: Request, source: str = EVIL) -> Response | None:
        """What is answered to a request that leaves from `source`; None if nothing is."""
        try:
            return await self.mesh.port(source).send(request)
        except NetworkError:
            return None

    async def impersonate(self, request: Request) -> None:
        """Send it from the attacker's host in all the disguises there are: as it is, with a forged
        X-Forwarded-For, and with the friend's name as the reverse name of the attacker's address.
        """
        hosts = self.mesh.network.hosts
        # Whoever has an address says what its reverse name is; others remember what they looked up first.
        hosts.rename(hosts.get(EVIL).address, FRIEND)
        await self.send(request)
        hosts.rename(hosts.get(EVIL).address, EVIL)
        await self.send(request)
        theirs = {**request.headers, "x-forwarded-for": hosts.get(FRIEND).address}
        await self.send(replace(request, headers=theirs))

    def share(
        self, number: str, sender: str = EVIL, *, requirements: tuple[str, ...] = (), **more: Any
    ) -> Request:
        """A share that nobody gave, to the victim's user."""
        # Whoever speaks for the friend names somebody whom the user knows.
        user = f"{'bob' if sender == FRIEND else 'mallory'}@{sender}"
        webdav = {"uri": "x", "sharedSecret": "made-up", "permissions": ["read"]}
        body = {
            "shareWith": str(self.alice.address),
            "name": "bogus.txt",
            "providerId": number,
            "owner": user,
            "sender": user,
            "shareType": "user",
            "resourceType": "file",
            "protocol": {
                "name": "multi",
                "webdav": {**webdav, "requirements": list(requirements)} if requirements else webdav,
            },
            **more,
        }
        return self.post("/ocm/shares", body)

    def post(self, path: str, body: Mapping[str, Any]) -> Request:
        """A request to the victim."""
        return Request("POST", f"https://{VICTIM}{path}", JSON, json.dumps(body).encode())

    def signed(self, request: Request) -> Request:
        """The request with the attacker's own signature, where servers sign."""
        site = self.mesh.site(EVIL)
        signing = site.profile.dialect.signing
        return request if signing is None else signing.sign(request, site.key, self.mesh.now)

    def received(self) -> Iterator[ReceivedShare]:
        """All shares that the victim ever took in, each once."""
        rows = {row.key: row for _, _, row in self.mesh.journal.rows(RECEIVED_SHARES, VICTIM)}
        return iter(rows.values())

    def forged(self) -> int:
        """Shares that the victim took for the friend's, and the friend never gave."""
        given = {row.provider_id: row for _, _, row in self.mesh.journal.rows(SENT_SHARES, FRIEND)}
        return sum(
            row.provider_id not in given or row.name != given[row.provider_id].name
            for row in self.received()
            if row.host == FRIEND
        )

    def false_contacts(self) -> int:
        """Contacts that only the victim has."""
        mine = {row.address for _, _, row in self.mesh.journal.rows(CONTACTS, VICTIM)}
        theirs = {f"{row.user}@{host}" for _, host, row in self.mesh.journal.rows(CONTACTS)}
        return sum(str(address) not in theirs for address in mine)


def simulated(topology: Topology, seed: int) -> Composition:
    """The usual place of an arena."""
    return Mesh(topology, seed)


def run(attack: Attack | None, topology: Topology, seed: int = 0, world: World = simulated) -> Arena:
    """An attack from beginning to end, or an ordinary day if there is none."""
    mesh = world(topology, seed)
    try:
        arena = Arena(mesh)
        mesh.run(arena.acquaint())
        span = 30.0 if attack is None else attack.span
        mesh.spawn(arena.work(span))
        if attack is not None:
            mesh.run(_act(attack, arena))
        mesh.advance(max(0.0, mesh.started + span + 60.0 - mesh.now))
        # What is still under way counts no more, in whichever world.
        for host in mesh.plans:
            mesh.crash(host)
    finally:
        mesh.close()
    return arena


async def _act(attack: Attack, arena: Arena) -> None:
    await attack.act(arena)
