"""A web of collaborations on a bad network with crashing sites; then quiet, and both sides are compared."""

from random import Random

from meshsim.composition import Composition
from meshsim.entropy import stream
from meshsim.person import Person
from meshsim.story import Flows, Options
from meshsim.topology import Plan, Topology
from scenarios import _acts as acts
from scenarios.campus import couple

SITES, USERS = 4, 40
BAD = 1800
"""Seconds for which the network is bad."""

ROUNDS = 60


def topology(options: Options) -> Topology:
    """Every other site's clock is a little wrong, within what signatures bear."""
    sites = options.sites or SITES
    each = max((options.users or USERS) // sites, 2)
    plans = []
    for number in range(sites):
        skew = {"clock": "offset", "clock_options": {"seconds": 20.0}} if number % 2 else {}
        plans.append(Plan(f"lossy{number}.example", users=each, **skew))
    return Topology(tuple(plans), jitter=0.05)


def faults(options: Options) -> list[str]:
    """The plan if none is given: a bit of everything, over by the end of the bad time."""
    return [
        f"lost_request:probability=0.08,end={BAD}",
        f"lost_answer:probability=0.08,end={BAD}",
        f"delay:probability=0.1,seconds=3,end={BAD}",
        f"slow:probability=0.03,seconds=20,end={BAD}",
        f"duplicate:probability=0.05,end={BAD}",
        f"wrong_status:probability=0.02,status=502,end={BAD}",
        # So much that nothing readable comes out: no signature covers what a peer answers, and an answer
        # that was altered into another valid one would be believed.
        f"garbled:path=/ocm,altered=20,probability=0.04,end={BAD}",
        f"garbled:path=/.well-known,altered=20,probability=0.1,end={BAD}",
        f"truncated:probability=0.02,end={BAD}",
        "partition:group=lossy0.example,start=200,end=400",
        "outage:host=lossy1.example,start=500,end=700",
        "crash:host=lossy0.example,start=800,restart_after=60",
        "crash:host=lossy1.example,start=1000,answer=true,restart_after=90",
        f"stale_discovery:start=1200,end={BAD}",
    ]


async def story(mesh: Composition, flows: Flows) -> None:
    """Try things while the network is bad; when it is good again, everything works."""
    chance = stream(mesh.seed, "lossy")
    pause = BAD / ROUNDS
    for number in range(ROUNDS):
        owner, guest = couple(mesh, chance)
        await attempt(flows, owner, guest, number, chance)
        await mesh.sleep(pause * chance.random())
    await mesh.sleep(max(0.0, mesh.started + BAD - mesh.now) + 1.0)
    # What was left undone is told now: as long as the longest pause between two tries, and a message's life.
    await mesh.sleep(2 * 3600.0)
    for number in range(len(mesh.hosts)):
        owner, guest = couple(mesh, chance)
        owner.put(f"after-{number}.txt", b"all is well")
        await acts.meet(flows, owner, guest) if not knows(owner, guest) else None
        given = await acts.give(flows, owner, guest, f"after-{number}.txt")
        if given is not None:
            await flows.expect("read", *acts.hosts(owner, guest), guest.read(given[1]))


def knows(owner: Person, guest: Person) -> bool:
    """Whether the two are contacts."""
    return guest.address in [contact.address for contact in owner.contacts()]


async def attempt(flows: Flows, owner: Person, guest: Person, number: int, chance: Random) -> None:
    """Something that may fail, but not halfway."""
    pair = acts.hosts(owner, guest)
    name = f"draft-{number}.txt"
    if not await flows.attempt("try to write at home", *pair, write(owner, name)):
        return
    await flows.attempt("try to invite", *pair, invite(owner, guest))
    await flows.attempt("try to share", *pair, owner.share(name, guest.address, ("read", "write")))
    for received in held(guest):
        act = chance.choice(("accept", "decline", "read", "write"))
        await flows.attempt(f"try to {act}", *pair, do(act, guest, received))
    for share in given(owner):
        act = chance.choice(("unshare", "change", "nothing", "nothing"))
        await flows.attempt(f"try to {act}", *pair, do(act, owner, share))


async def write(owner: Person, name: str) -> bool:
    """A file of one's own."""
    owner.put(name, name.encode())
    return True


async def invite(owner: Person, guest: Person) -> None:
    """Meet, unless they did."""
    if not knows(owner, guest):
        await guest.accept_invite(owner.invite())


def held(guest: Person) -> list[object]:
    """Two of the shares somebody has; none while their site is down."""
    return list(guest.received())[-2:] if guest.is_up else []


def given(owner: Person) -> list[object]:
    """Two of the shares somebody gave and that stand."""
    if not owner.is_up:
        return []
    return [share for share in owner.given() if owner.site.granting.is_open(share)][-2:]


async def do(act: str, person: Person, share: object) -> None:
    """One act on a share."""
    match act:
        case "accept":
            await person.accept(share)
        case "decline":
            await person.decline(share)
        case "read":
            await person.read(share)
        case "write":
            await person.write(share, "", b"from elsewhere")
        case "unshare":
            await person.unshare(share)
        case "change":
            await person.change_permissions(share, ("read",))
