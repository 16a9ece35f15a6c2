"""What two people do with each other, as flows; scenarios are made of these."""

from urllib.parse import parse_qsl

from meshsim.ocm.lifecycle import HELD
from meshsim.ocm.share import EXCHANGE
from meshsim.person import Person
from meshsim.site.records import ReceivedShare, SentShare
from meshsim.site.site import DIALOG_PATH, WAYF_PATH
from meshsim.storage import StorageError
from meshsim.story import Flows
from meshsim.wire import NetworkError, Request, split
from scenarios._browser import Browser


def hosts(one: Person, other: Person) -> tuple[str, str]:
    """Between which sites a flow goes."""
    return one.address.host, other.address.host


async def meet(flows: Flows, inviter: Person, guest: Person) -> bool:
    """The guest takes up an invite, handed over as a string; both then know each other."""
    pair = hosts(inviter, guest)
    invite = inviter.invite("join my project")
    if await flows.expect("invite by string", *pair, guest.accept_invite(invite.string)) is None:
        return False
    known = (
        guest.address in [contact.address for contact in inviter.contacts()],
        inviter.address in [contact.address for contact in guest.contacts()],
    )
    return flows.check("contact on both sides", *pair, (True, True), known)


async def give(
    flows: Flows, owner: Person, guest: Person, path: str, permissions: tuple[str, ...] = ("read",)
) -> tuple[SentShare, ReceivedShare] | None:
    """A share, seen and taken by its recipient."""
    pair = hosts(owner, guest)
    kind = "share a folder" if "." not in path else "share a file"
    share = await flows.expect(kind, *pair, owner.share(path, guest.address, permissions))
    if share is None:
        return None
    received = await flows.expect("see the share", *pair, find(guest, share, owner))
    if received is None:
        return None
    received = await flows.expect("accept the share", *pair, guest.accept(received))
    if received is None:
        return None
    flows.check("sender knows", *pair, "accepted", str(owner.site.sending.get(share.provider_id).state))
    return share, received


async def find(guest: Person, share: SentShare, owner: Person) -> ReceivedShare:
    """The recipient's side of a share."""
    return guest.received_from(share, owner.address.host)


async def own(owner: Person, path: str) -> bytes | None:
    """The content of a file of one's own; None if it is not there."""
    try:
        return await owner.get(path)
    except StorageError:
        return None


async def work_in_folder(flows: Flows, owner: Person, guest: Person) -> None:
    """Read, list, write, lock and lose the right to write in a shared folder, then have it taken back."""
    pair = hosts(owner, guest)
    path = f"/for-{guest.address.host.partition('.')[0]}"
    owner.make_folder(path)
    owner.put(f"{path}/plan.txt", b"first")
    given = await give(flows, owner, guest, path, ("read", "write"))
    if given is None:
        return
    share, received = given
    names = await flows.expect("list", *pair, guest.names(received))
    flows.check("list is right", *pair, ["plan.txt"], names)
    read = await flows.expect("read", *pair, guest.read(received, "plan.txt"))
    flows.check("content is right", *pair, b"first", read)
    await flows.expect("write", *pair, guest.write(received, "result.txt", b"from elsewhere"))
    flows.check("owner has it", *pair, b"from elsewhere", await own(owner, f"{path}/result.txt"))
    await lock(flows, owner, guest, received, path)
    await flows.expect("take write away", *pair, owner.change_permissions(share, ("read",)))
    await flows.refuse("write without right", *pair, guest.write(received, "no.txt", b""), because="403")
    await flows.expect("still read", *pair, guest.read(received, "plan.txt"))
    door = Door(owner, guest, received, "plan.txt")
    flows.check("door is open", *pair, 200, await door.knock())
    await flows.expect("unshare", *pair, owner.unshare(share))
    held = [s for s in guest.received() if s.key == received.key and s.state in HELD]
    flows.check("unshared is gone", *pair, [], held)
    await flows.refuse("read what is gone", *pair, guest.read(received, "plan.txt"), because="revoked")
    flows.check("door is shut", *pair, 401, await door.knock())


class Door:
    """What the recipient's server could still ask for, had it kept what opened the share.

    It asks nothing itself once it knows better, so the owner's server would never have to refuse.
    """

    def __init__(self, owner: Person, guest: Person, received: ReceivedShare, path: str = "") -> None:
        # Tokens end by themselves before long, so they prove less.
        held = guest.site.opening.tokens.get(received.key)
        credential = held.text if held and EXCHANGE in received.requirements else received.secret
        url = f"{owner.site.dav_url(received.provider_id)}/{path}".rstrip("/")
        self._request = Request("GET", url, {"authorization": f"Bearer {credential}"})
        self._port = owner.mesh.port(guest.address.host)

    async def knock(self) -> int | str:
        """The status that the owner's server answers, or why it did not."""
        try:
            return (await self._port.send(self._request)).status
        except NetworkError as error:
            return error.reason


async def lock(flows: Flows, owner: Person, guest: Person, received: ReceivedShare, path: str) -> None:
    """A lock keeps another writer out until it is released."""
    pair = hosts(owner, guest)
    body = (
        b'<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
        b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
    )
    headers = {"timeout": "Second-600", "depth": "0", "content-type": "application/xml"}
    locked = await flows.expect(
        "lock", *pair, guest.request(received, "LOCK", "plan.txt", headers=headers, body=body)
    )
    if locked is None:
        return
    token = locked.headers.get("lock-token", "")
    flows.check("lock is granted", *pair, (200, True), (locked.status, token.startswith("<")))
    await flows.refuse(
        "write against a lock", *pair, guest.write(received, "plan.txt", b"other"), because="423"
    )
    held = {"if": f"({token})"}
    written = await flows.expect(
        "write with the lock", *pair, guest.request(received, "PUT", "plan.txt", headers=held, body=b"first")
    )
    flows.check("lock lets its holder write", *pair, 204, written and written.status)
    freed = await flows.expect(
        "unlock", *pair, guest.request(received, "UNLOCK", "plan.txt", headers={"lock-token": token})
    )
    flows.check("lock is freed", *pair, 204, freed and freed.status)
    await flows.expect("write after unlock", *pair, guest.write(received, "plan.txt", b"first"))


async def ask_for(flows: Flows, owner: Person, guest: Person) -> None:
    """Requests for a share, one granted and one refused."""
    pair = hosts(guest, owner)
    for path, agree in (("papers/abstract.txt", True), ("papers/review.md", False)):
        reference = owner.site.wishing.reference(owner.address.user, path)
        wish = await flows.expect("ask for a share", *pair, guest.ask_share(owner.address, reference))
        if wish is None:
            continue
        pending = [w for w in owner.asked() if w.incoming and w.resource == reference and w.state == "open"]
        if not flows.check("owner is asked", *pair, 1, len(pending)):
            continue
        name = "agree" if agree else "refuse politely"
        await flows.expect(name, *pair, owner.answer(pending[0], agree))
        found = [w.state for w in guest.asked() if not w.incoming and w.resource == reference]
        flows.check("asker is told", *pair, ["done" if agree else "refused"], [str(state) for state in found])


async def pass_on(flows: Flows, owner: Person, guest: Person, third: Person) -> None:
    """A reshare is asked of the owner: done if the share may be passed on, refused if not."""
    pair = hosts(guest, third)
    if third.address not in [contact.address for contact in owner.contacts()]:
        await meet(flows, owner, third)
    for path, permissions, granted in (
        ("data/measurements.csv", ("read", "share"), True),
        ("notes.txt", ("read",), False),
    ):
        given = await give(flows, owner, guest, path, permissions)
        if given is None:
            continue
        wish = await flows.expect("ask for a reshare", *pair, guest.ask_reshare(given[1], third.address))
        if wish is None:
            continue
        flows.check("reshare answered", *pair, "done" if granted else "refused", str(wish.state))
        name = path.rpartition("/")[2]
        has = any((s.owner, s.name) == (str(owner.address), name) for s in third.received())
        flows.check("third has it", *pair, granted, has)


async def decline(flows: Flows, owner: Person, guest: Person) -> None:
    """A share that its recipient does not want."""
    pair = hosts(owner, guest)
    owner.put("unwanted.txt", b"spam")
    share = await flows.expect("share a file", *pair, owner.share("unwanted.txt", guest.address))
    if share is None:
        return
    found = await flows.expect("see the share", *pair, find(guest, share, owner))
    if found is None:
        return
    received = await flows.expect("decline", *pair, guest.decline(found))
    flows.check("sender knows", *pair, "declined", str(owner.site.sending.get(share.provider_id).state))
    if received is not None:
        await flows.refuse("read what was declined", *pair, guest.read(received), because="not accepted")


async def meet_by_link(flows: Flows, inviter: Person, guest: Person) -> bool:
    """The guest follows a link to the inviting site, says where they are from, signs in and accepts."""
    pair = hosts(inviter, guest)
    link = inviter.invite().link(inviter.site.base + WAYF_PATH)
    browser = Browser(flows.mesh, f"browser-of-{guest.address.user}.{guest.address.host}")
    shown = await flows.expect("open the link", *pair, browser.get(link))
    if shown is None:
        return False
    token = inviter_token(link)
    asked = {"csrf": browser.hidden("csrf"), "token": token, "server": guest.address.host}
    await flows.expect("say where from", *pair, browser.post(WAYF_PATH, asked))
    password = flows.mesh.people(guest.address.host).password(guest.address.user)
    shown = {name: browser.hidden(name) for name in ("csrf", "next")}
    await flows.expect(
        "sign in at home",
        *pair,
        browser.post("/signin", {**shown, "user": guest.address.user, "password": password}),
    )
    fields = {name: browser.hidden(name) for name in ("csrf", "token", "providerDomain")}
    await flows.expect("accept in the dialog", *pair, browser.post(DIALOG_PATH, fields))
    known = (
        guest.address in [contact.address for contact in inviter.contacts()],
        inviter.address in [contact.address for contact in guest.contacts()],
    )
    return flows.check("contact by link", *pair, (True, True), known)


def inviter_token(link: str) -> str:
    """The token in a link."""
    return dict(parse_qsl(split(link).query))["token"]
