"""Folders at the target that each peer was given before the run, to work in."""

from loadtests.actors import Local
from loadtests.ledger import ACCEPTED, ACKNOWLEDGED, digest
from loadtests.turn import World
from meshsim.ocm.address import OcmAddress
from meshsim.wire import read

READER = "u1"
NEEDS = ("put", "folder", "home", "share")
"""What their owners do."""


class Standing:
    """One peer's folder: who has it, and what it is called. `etags` is what a sync client remembers."""

    def __init__(self, peer: Local, host: str, share: str, name: str) -> None:
        self.peer, self.host, self.share, self.name = peer, host, share, name
        self.etags: dict[str, str] = {}


async def give(world: World, story: str) -> None:
    """Let people of the target share a folder with each peer, to read and write, and each take it."""
    for index, host in enumerate(world.peers):
        owner = world.target.people[index % len(world.target.people)]
        peer = Local(world.farm.person(f"{READER}@{host}"))
        name = f"{story}-{world.label}-{host.replace(':', '-').replace('.', '-')}"
        answer = await owner.file("MKCOL", f"/{name}")
        if answer.status not in (201, 405):
            raise RuntimeError(
                f"MKCOL at the target answers {answer.status}: {await read(answer.body, 1000)!r}"
            )
        data = f"shared with {host}\n".encode()
        await owner.put(f"/{name}/read-me.txt", data)
        content = {"read-me.txt": digest(data)}
        entry = world.ledger.open("share", str(owner.address), str(peer.address), content=content)
        share = await owner.share(f"/{name}", OcmAddress(READER, host), "user", ("read", "write"))
        world.ledger.tell(entry, ACKNOWLEDGED, share)
        await peer.accept(owner.address.host, share)
        world.ledger.tell(entry, ACCEPTED)
        standing(world)[host] = Standing(peer, owner.address.host, share, name)


def standing(world: World) -> dict[str, Standing]:
    """The folders, by peer."""
    found: dict[str, Standing] = world.memory.setdefault("standing", {})
    return found
