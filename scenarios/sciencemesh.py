"""The eight sites of the ScienceMesh paper, each with every other: invites, shares, files, requests, ends."""

from meshsim.composition import Composition
from meshsim.ocm.address import OcmAddress
from meshsim.person import Person
from meshsim.story import Flows, Options
from meshsim.topology import Plan, Topology
from scenarios import _acts as acts

SITES = {
    "cernbox": "CERNBox",
    "surfdrive": "SURFdrive",
    "psncbox": "PSNCBox",
    "cloudstor": "CloudSTOR",
    "sciebo": "Sciebo",
    "owncloud-cesnet": "owncloud@CESNET",
    "switchdrive": "SWITCHdrive",
    "sciencedata": "ScienceData",
}

DIRECTORY = "directory.sciencemesh.example"
USERS = 4
"""At each site u1 and u2 invite, by string and by link, and u3 and u4 are invited by others."""

HOUR = 3600


def topology(options: Options) -> Topology:
    """The sites ask for different things, as real ones do: signatures and invites, or token exchange."""
    criteria = ((), ("must-exchange-token",), ("must-use-http-sig", "must-invite"), ("must-invite",))
    count = len(SITES) if options.sites is None else options.sites
    if count > len(SITES):
        raise ValueError(
            f"the ScienceMesh of the paper has {len(SITES)} sites, not {count}; campus takes any number"
        )
    users = USERS if options.users is None else max(options.users // count, USERS)
    return Topology(
        tuple(
            Plan(
                f"{name}.example",
                users=users,
                groups={"lab": ("u3", "u4")},
                criteria=criteria[number % len(criteria)],
                settings={"provider": brand},
            )
            for number, (name, brand) in enumerate(list(SITES.items())[:count])
        ),
        directory=DIRECTORY,
    )


async def story(mesh: Composition, flows: Flows) -> None:
    """Every ordered pair of sites, and what takes three."""
    await register(mesh, flows)
    for source in mesh.hosts:
        for target in mesh.hosts:
            if source != target:
                await flows.part(source, target, pair(mesh, flows, source, target))
    for number, source in enumerate(mesh.hosts):
        around = mesh.hosts[number + 1 :] + mesh.hosts[:number]
        if len(around) > 1:
            await flows.part(source, around[0], three(mesh, flows, source, around[0], around[1]))
    # To a site that does not demand token exchange: a token would have ended by then in any case.
    source, target = mesh.hosts[1], mesh.hosts[0]
    await flows.part(source, target, expiry(mesh, flows, source, target))
    for number, source in enumerate(mesh.hosts):
        target = mesh.hosts[(number + 1) % len(mesh.hosts)]
        await flows.part(source, target, parting(mesh, flows, source, target))
    for source, target in zip(mesh.hosts, (*mesh.hosts[1:], mesh.hosts[0]), strict=True):
        await flows.part(source, target, dissolve(mesh, flows, source, target))


async def register(mesh: Composition, flows: Flows) -> None:
    """Each site announces itself to the directory, and then reads who else is there."""
    for host in mesh.hosts:
        await flows.expect("register", host, DIRECTORY, mesh.site(host).listing.register())
    for host in mesh.hosts:
        found = await flows.expect("poll the directory", host, DIRECTORY, mesh.site(host).listing.providers())
        known = sorted(provider.host for provider in found or ())
        flows.check("directory is complete", host, DIRECTORY, sorted(mesh.hosts), known)


async def pair(mesh: Composition, flows: Flows, source: str, target: str) -> None:
    """Two people meet by string, two by link; then a folder is shared, and worked in."""
    owner, guest = mesh.person(f"u1@{source}"), mesh.person(f"u3@{target}")
    await acts.meet(flows, owner, guest)
    await acts.meet_by_link(flows, mesh.person(f"u2@{source}"), mesh.person(f"u4@{target}"))
    await acts.work_in_folder(flows, owner, guest)
    await acts.decline(flows, owner, guest)


async def three(mesh: Composition, flows: Flows, source: str, target: str, third: str) -> None:
    """Requests for shares and reshares, and a share for a group."""
    owner = mesh.person(f"u1@{source}")
    guest, other = mesh.person(f"u3@{target}"), mesh.person(f"u3@{third}")
    await acts.ask_for(flows, owner, guest)
    await acts.pass_on(flows, owner, guest, other)
    await group(mesh, flows, owner, target)


async def group(mesh: Composition, flows: Flows, owner: Person, target: str) -> None:
    """Every member of a group has what was shared with it."""
    owner.put("for-the-lab.txt", b"for all of you")
    lab, names = OcmAddress("lab", target), (owner.address.host, target)
    work = owner.share("for-the-lab.txt", lab, share_type="group")
    if await flows.expect("share with a group", *names, work) is None:
        return
    for user in ("u3", "u4"):
        member = mesh.person(f"{user}@{target}")
        mine = [s for s in member.received() if s.owner == str(owner.address)]
        found = [s for s in mine if s.name == "for-the-lab.txt"]
        if flows.check("member sees it", *names, 1, len(found)):
            if found[0].state == "pending":
                await flows.expect("member accepts", *names, member.accept(found[0]))
            content = await flows.expect("member reads", *names, member.read(found[0]))
            flows.check("content is right", *names, b"for all of you", content)


async def expiry(mesh: Composition, flows: Flows, source: str, target: str) -> None:
    """A share ends when its time is over."""
    owner, guest = mesh.person(f"u1@{source}"), mesh.person(f"u3@{target}")
    owner.put("short-lived.txt", b"be quick")
    until = int(mesh.now) + HOUR
    share = await flows.expect(
        "share for an hour", source, target, owner.share("short-lived.txt", guest.address, expiration=until)
    )
    if share is None:
        return
    received = await flows.expect("see the share", source, target, acts.find(guest, share, owner))
    if received is None:
        return
    received = await flows.expect("accept the share", source, target, guest.accept(received))
    if received is None:
        return
    await flows.expect("read in time", source, target, guest.read(received))
    door = acts.Door(owner, guest, received)
    flows.check("door is open", source, target, 200, await door.knock())
    await mesh.site(target).ports.clock.sleep(HOUR + 1)
    await flows.refuse("read too late", source, target, guest.read(received), because="expired")
    listed = [s for s in guest.received() if s.key == received.key]
    flows.check("expired is gone", source, target, [], listed)
    flows.check("door is shut", source, target, 401, await door.knock())


async def parting(mesh: Composition, flows: Flows, source: str, target: str) -> None:
    """Somebody ends a contact, and with it what the two shared."""
    leaver, left = mesh.person(f"u2@{source}"), mesh.person(f"u4@{target}")
    given = await acts.give(flows, leaver, left, "notes.txt")
    if given is None:
        return
    share, received = given
    await flows.expect("read", source, target, left.read(received))
    door = acts.Door(leaver, left, received)
    flows.check("door is open", source, target, 200, await door.knock())
    await flows.expect("remove a contact", source, target, leaver.remove_contact(left.address))
    still = leaver.address in [contact.address for contact in left.contacts()]
    flows.check("other side forgets", source, target, False, still)
    ends = (
        str(leaver.site.sending.get(share.provider_id).state),
        received.key in [s.key for s in left.received()],
    )
    flows.check("shares end with the contact", source, target, ("revoked", False), ends)
    flows.check("door is shut", source, target, 401, await door.knock())


async def dissolve(mesh: Composition, flows: Flows, source: str, target: str) -> None:
    """A site gives up a group, and what the group was given ends."""
    owner = mesh.person(f"u1@{source}")
    owner.put("last-words.txt", b"so long")
    lab, names = OcmAddress("lab", target), (source, target)
    share = await flows.expect(
        "share with a group", *names, owner.share("last-words.txt", lab, share_type="group")
    )
    if share is None:
        return
    member = mesh.person(f"u3@{target}")
    received = await flows.expect("see the share", *names, acts.find(member, share, owner))
    if received is None or await flows.expect("accept the share", *names, member.accept(received)) is None:
        return
    await flows.expect("read", *names, member.read(received))
    door = acts.Door(owner, member, received)
    flows.check("door is open", *names, 200, await door.knock())
    await flows.expect("dissolve a group", target, source, mesh.dissolve(str(lab)))
    ends = (
        str(owner.site.sending.get(share.provider_id).state),
        received.key in [s.key for s in member.received()],
    )
    flows.check("shares end with the group", *names, ("revoked", False), ends)
    flows.check("door is shut", *names, 401, await door.knock())
