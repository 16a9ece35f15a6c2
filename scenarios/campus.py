"""Many sites and users, and a random but seeded web of collaborations between them."""

from random import Random

from meshsim.composition import Composition
from meshsim.entropy import stream
from meshsim.person import Person
from meshsim.story import Flows, Options
from meshsim.topology import Plan, Topology
from scenarios import _acts as acts

SITES, USERS = 10, 100
ACTIVE = 10
"""One user in that many works with somebody elsewhere."""


def topology(options: Options) -> Topology:
    """Sites of one size, alike."""
    sites = options.sites or SITES
    each = max((options.users or USERS) // sites, 1)
    return Topology(
        tuple(Plan(f"campus{number}.example", users=each) for number in range(sites)), jitter=0.02
    )


async def story(mesh: Composition, flows: Flows) -> None:
    """Each collaboration: meet, share a file, read it, write it, and now and then take it back."""
    chance = stream(mesh.seed, "campus")
    total = sum(len(mesh.people(host)) for host in mesh.hosts)
    for number in range(max(total // ACTIVE, len(mesh.hosts))):
        owner, guest = couple(mesh, chance)
        await flows.part(*acts.hosts(owner, guest), collaborate(flows, owner, guest, number, chance))


def couple(mesh: Composition, chance: Random) -> tuple[Person, Person]:
    """Two people of different sites."""
    source, target = chance.sample(mesh.hosts, 2)
    return somebody(mesh, source, chance), somebody(mesh, target, chance)


def somebody(mesh: Composition, host: str, chance: Random) -> Person:
    """One of the people of a site."""
    return mesh.person(f"u{chance.randrange(len(mesh.people(host))) + 1}@{host}")


async def collaborate(flows: Flows, owner: Person, guest: Person, number: int, chance: Random) -> None:
    """What two people do in a day."""
    pair = acts.hosts(owner, guest)
    if guest.address not in [contact.address for contact in owner.contacts()]:
        await acts.meet(flows, owner, guest)
    name = f"draft-{number}.txt"
    owner.put(name, f"draft {number}".encode())
    given = await acts.give(flows, owner, guest, name, ("read", "write"))
    if given is None:
        return
    share, received = given
    read = await flows.expect("read", *pair, guest.read(received))
    flows.check("content is right", *pair, f"draft {number}".encode(), read)
    await flows.expect("write", *pair, guest.write(received, "", f"revision {number}".encode()))
    flows.check("owner has it", *pair, f"revision {number}".encode(), await acts.own(owner, name))
    if chance.random() < 0.2:
        await flows.expect("unshare", *pair, owner.unshare(share))
        await flows.refuse("read what is gone", *pair, guest.read(received), because="revoked")
