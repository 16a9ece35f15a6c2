"""One contender of `generators` in a fresh process: `python loadtests/_generator.py ASKED`, which is JSON.

`name` says who makes the requests, `work` what they are, `file` where the figures go. Locust is used as a
library, without web page and statistics printer, so that all have the same around them.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(place for place in sys.path if Path(place or ".").resolve() != HERE)]

import gevent  # noqa: E402
from locust import FastHttpUser, HttpUser, User, constant, task  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust.exception import StopUser  # noqa: E402

from loadtests import farm  # noqa: E402
from loadtests.clerk import Clerk  # noqa: E402
from loadtests.figures import Notes  # noqa: E402
from loadtests.ledger import ACCEPTED, ACKNOWLEDGED, Ledger  # noqa: E402
from loadtests.opening import Options  # noqa: E402
from loadtests.reach import Reach  # noqa: E402
from loadtests.stories._standing import Standing, standing  # noqa: E402
from meshsim.network.blocking import BlockingPort, complete  # noqa: E402
from meshsim.ocm.notification import SHARE_ACCEPTED, Detail, FileDetail, Notification  # noqa: E402
from meshsim.wire import FileSlice, NetworkError, Request, Response, chunks, read, split  # noqa: E402

BASES = {"ours": User, "HttpUser": HttpUser, "FastHttpUser": FastHttpUser}
KIB = "kib.bin"
EVERY = 10
"""Of so many GETs one has an entry in the ledger, as a story has several requests for each."""


class Books:
    """Histogram and ledger, which can be left closed."""

    def __init__(self, space: Path) -> None:
        self.open = True
        self.notes, self.ledger = Notes("bench"), Ledger(time.time, "w0-", space / "ledger")
        self.ledger.pending = None  # as in a run without a master

    def tick(self) -> None:
        """What a run does each second."""
        if self.open:
            self.notes.tick(0, 0.0)


def gets(name: str, url: str, books: Books) -> Callable[[Any], None]:
    """GET over and over: by our port, with what a story keeps of it, or as Locust's documentation shows."""
    reach = Reach()
    reach.aim(*url.split("://"))
    port, request, done = BlockingPort(reach.dial()), Request("GET", f"{url}/"), [0]
    notes, ledger = books.notes, books.ledger

    def ours(user: Any) -> None:
        begun = time.monotonic()
        answer = complete(port.send(request))
        if not books.open:
            return
        spent = time.monotonic() - begun
        notes.story("get", "peer", spent, spent, "" if answer.status == 200 else "wrong")
        done[0] += 1
        if not done[0] % EVERY:
            ledger.tell(ledger.open("file", "a@b", "a@b"), ACKNOWLEDGED, "x")

    return ours if name == "ours" else lambda user: user.client.get("/")


class Client:
    """A Network port of which a Locust client, once there is one, sends the requests; all above is ours."""

    def __init__(self, dial: Any, agent: str) -> None:
        self._before = BlockingPort(dial, agent)
        self.client: Any = None
        self.requests = 0

    async def send(self, request: Request, timeout: float = 10.0) -> Response:
        """As `BlockingPort.send`."""
        if self.client is None:
            return await self._before.send(request, timeout)
        answer = self.client.request(
            request.method,
            request.url,
            name=request.method,
            data=await read(request.body),
            headers=dict(request.headers),
            allow_redirects=False,
        )
        if not answer.status_code:
            raise NetworkError(str(answer.error))
        headers = {key.lower(): value for key, value in answer.headers.items()}
        return Response(answer.status_code, headers, answer.content)

    def close(self) -> None:
        """Nothing is held."""


def opened(asked: dict[str, Any], books: Books) -> tuple[Clerk, list[tuple[Standing, Any]]]:
    """Peers that are up, each with a folder at the target and who gave it."""
    clerk = Clerk(
        Options(
            story="token",
            urls=(asked["url"],),
            accounts=asked["accounts"],
            peers=asked["users"],
            calibrate=0.0,
        )
    )
    clerk.notes, clerk.ledger = books.notes, books.ledger
    clerk.open()
    owners = {entry.share: entry.giver for entry in books.ledger.entries.values()}
    there = [(one, clerk.target.by_address[owners[one.share]]) for one in standing(clerk).values()]
    for one, owner in there:
        complete(owner.put(f"/{one.name}/{KIB}", bytes(1024)))
    return clerk, there


def granted(asked: dict[str, Any]) -> dict[str, Any]:
    """Where a folder is and what opens it, for whoever has no keys."""
    clerk, ((one, _), *_) = opened(asked, Books(Path(asked["file"]).parent))
    opening = one.peer.site.opening
    complete(one.peer.open(one.host, one.share, "GET", KIB))
    key = f"{one.host} {one.share}"
    found = {"url": complete(opening.url("u1", key)), "token": opening.tokens[key].text}
    clerk.end()
    return found


def flows(name: str, asked: dict[str, Any], books: Books) -> Callable[[Any], None]:
    """The six requests, by peers that are real: signed, with invites and tokens that the target gives.

    Each user acts for a peer of its own. Whoever sends them, the code above the port is the same.
    """
    if name != "ours":
        farm.BlockingPort = Client  # type: ignore[assignment, misc]
    clerk, there = opened(asked, books)
    free = list(there)

    def one(user: Any) -> None:
        if not hasattr(user, "place"):
            user.place = free.pop()
            if name != "ours":
                clerk.farm.ground.port(user.place[0].peer.address.host).client = user.client
        complete(flow(*user.place, books))

    return one


async def flow(there: Standing, owner: Any, books: Books) -> None:
    """Invite-accepted, share, token exchange, PROPFIND, GET of 1 KiB, notification, all noted.

    Before the first there is a seventh, by the user API: somebody at the target has to invite.
    """
    begun, peer, site = time.monotonic(), there.peer, there.peer.site
    await peer.accept_invite(await owner.invite())
    entry = books.ledger.open("share", str(peer.address), str(owner.address))
    name = f"/given-{entry.id}.bin"  # nothing is given to the same person twice
    await peer.put(name, b"given")
    share = await peer.share(name, owner.address, "user")
    books.ledger.tell(entry, ACKNOWLEDGED, share)
    site.opening.tokens.pop(f"{there.host} {there.share}", None)
    found = await peer.open(there.host, there.share, "PROPFIND", headers={"depth": "0"})
    got = await peer.open(there.host, there.share, "GET", KIB)
    if found.status != 207 or len(await read(got.body)) != 1024:
        raise RuntimeError(f"PROPFIND {found.status}, GET {got.status}")
    detail = Detail(file=FileDetail(provider_id=there.share))
    await site.notify(
        there.host, Notification(SHARE_ACCEPTED, peer.address.host, "folder", "user", detail), there.share
    )
    books.ledger.tell(entry, ACCEPTED)
    spent = time.monotonic() - begun
    books.notes.story("flow", peer.address.host, spent, spent, "")


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Things done for each second of processor time, second by second, with books and without."""
    name, counted, wrong = asked["name"], [0], []
    books = Books(Path(asked["file"]).parent)
    act = gets(name, asked["url"], books) if asked["work"] == "gets" else flows(name, asked, books)

    class Contender(BASES[name]):  # type: ignore[misc]
        wait_time = constant(0)

        @task
        def tell(self) -> None:
            """The next one."""
            try:
                act(self)
            except Exception as error:
                wrong.append(f"{type(error).__name__}: {error}")
                raise StopUser from error
            counted[0] += 1

    environment = Environment(user_classes=[Contender], host=asked["url"])
    environment.create_local_runner().start(asked["users"], spawn_rate=100)
    gevent.sleep(1.0)
    found: dict[bool, list[float]] = {True: [], False: []}
    for each in windows(asked):
        books.open = each
        before, cpu = counted[0], time.process_time()
        gevent.sleep(1.0)
        books.tick()
        found[each].append((counted[0] - before) / max(time.process_time() - cpu, 1e-6))
    return {"open": found[True], "closed": found[False], "wrong": wrong[:3]}


def windows(asked: dict[str, Any]) -> Iterator[bool]:
    """Whether the books are open, second by second. Neighbours are compared, and neither is always first."""
    for number in range(max(1, round(asked["seconds"]))):
        if not asked["closed"]:
            yield True
        else:
            yield from (True, False) if number % 2 else (False, True)


def carried(asked: dict[str, Any]) -> dict[str, Any]:
    """A file of so many bytes by PUT or GET, and the most memory that this process ever had, in MiB."""
    reach, size = Reach(), asked["size"]
    parts = split(asked["url"])
    reach.aim(parts.scheme, parts.authority)
    port, allowed = BlockingPort(reach.dial()), {"authorization": asked["authorization"]}
    way = asked["work"]
    body = FileSlice(asked["source"], 0, size) if way == "put" else b""

    async def work() -> int:
        answer = await port.send(Request(way.upper(), asked["url"], allowed, body), 600.0)
        if answer.status not in (200, 201, 204):
            raise RuntimeError(f"{way} answers {answer.status}")
        got = 0
        async for part in chunks(answer.body):
            got += len(part)
        return got

    got = gevent.spawn(complete, work()).get()
    if way == "get" and got != size:
        raise RuntimeError(f"{got} of {size} bytes came")
    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    works = {"put": carried, "get": carried, "grant": granted}
    told = works.get(order["work"], run)(order)
    Path(order["file"]).write_text(json.dumps(told), encoding="utf-8")
    os._exit(0)  # what was to be measured is; users that wait for an answer are nobody's concern
