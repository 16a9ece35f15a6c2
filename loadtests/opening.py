"""Before a run: whether its target can be loaded, who acts there, and the peers that are brought along."""

import resource
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gevent
import msgspec
from msgspec.structs import replace

from conformance import drivers
from conformance.targets import Misuse
from loadtests import driven, stories, target
from loadtests.actors import Local, Remote
from loadtests.credentials import NO_CREDENTIALS, BadCredentials, Credentials
from loadtests.driven import Driven, Named
from loadtests.farm import Farm
from loadtests.reach import NotAllowed, NotTrusted, Reach
from loadtests.target import Account, BadTarget, Place, Target
from meshsim import __version__
from meshsim.network.blocking import BlockingPort, complete
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError, PeerError
from meshsim.ocm.notification import SHARE_ACCEPTED, Detail, FileDetail, Notification
from meshsim.wire import split

DOES = {
    "put": "write files",
    "folder": "make folders",
    "home": "use WebDAV in their own files",
    "share": "share",
    "inbox": "list what they were given",
    "accept": "accept",
    "read": "read what they were given",
}
"""Verbs of drivers, in words."""
SOON, PATIENCE = 0.5, 10.0
UNKNOWN = (401, 403, 500, 502, 503, 504)
"""What sites answer when they cannot find out who signed."""


class Options(msgspec.Struct, kw_only=True):
    """What a run is asked for."""

    story: str
    urls: tuple[str, ...]
    rate: float = 0.0
    """Stories a second at the highest; 0 for Locust's own closed model."""
    arrival: str = "constant"
    duration: float = 10.0
    peers: int = 10
    seed: int = 0
    target_seed: int = 0
    accounts: str = ""
    """A file of accounts, or the description itself if it begins with a brace."""
    driver: str = ""
    """Who makes people of another kind of site act, as for `meshsim check`."""
    login: str = ""
    """A file of lines NAME:PASSWORD."""
    people: tuple[str, ...] = ()
    """Those of the target of whom nothing is known but the name."""
    dav: str = ""
    """The path at which people of the target have their files by WebDAV; {user} is their name."""
    allowed: tuple[str, ...] = ()
    authority: str | None = None
    peer_host: str = ""
    """Where the target reaches our peers, HOST[:PORT], if not at loopback addresses."""
    peer_ca: str = ""
    peer_cert: str = ""
    """What vouches for our peers where they are called by https: an authority, or one certificate."""
    books: str = ""
    calibrate: float = 1.0

    @property
    def agent(self) -> str:
        """Who the target is told we are."""
        return f"meshsim/{__version__} (load test; story={self.story}; seed={self.seed})"


def reach(options: Options) -> Reach:
    """The way out; BadTarget if what is to be trusted cannot be."""
    try:
        return Reach(options.allowed, options.authority)
    except NotTrusted as error:
        raise BadTarget(str(error)) from error


def aimed(options: Options, way: Reach) -> Target:
    """The target, looked at, and who acts there. BadTarget or NotAllowed say why that cannot be."""
    for url in options.urls:
        parts = split(url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.authority:
            raise BadTarget(f"{url!r} is no URL of a site, such as https://cloud.example.org")
        try:
            way.aim(parts.scheme, parts.authority)
        except (OSError, ValueError) as error:
            if isinstance(error, NotAllowed):
                raise
            raise BadTarget(f"{url} cannot be reached: {error}") from error
    network = BlockingPort(way.dial(), options.agent)
    try:
        return _looked_at(options, network)
    except BaseException:
        network.close()
        raise


def _looked_at(options: Options, network: BlockingPort) -> Target:
    places, must_invite = list(_places(options)), set()
    for place in places:
        document = complete(target.look(place.url, network))
        criteria = document.get("criteria")
        if isinstance(criteria, list) and "must-invite" in criteria:
            must_invite.add(place.called)
    try:
        known = _known(options)
        there = _people(options, places, network, known)
    except Misuse as error:
        raise BadTarget(str(error)) from error
    if there is None:
        given = tuple(Account(name, password) for name, password in known.items())
        places = [replace(place, users=given or place.users) for place in places]
        places = [complete(target.sign_in(place, network, options.target_seed)) for place in places]
    made = Target(places, network, there)
    made.must_invite = must_invite
    return made


def _known(options: Options) -> dict[str, str]:
    if not (options.people or options.login):
        return {}
    # Brings a client of its own along: memory that most runs can do without.
    from conformance.targets.url import people

    return people(options.people, options.login or None)


def _people(
    options: Options, places: Sequence[Place], network: BlockingPort, known: Mapping[str, str]
) -> list[Any] | None:
    """Who lives at the target, if it is no mesh of ours; else None."""
    name = options.driver.partition(":")[0]
    if name not in ("", "simulated"):
        if name == "manual":
            raise BadTarget("the driver manual is somebody at the keyboard, who is too slow for load")
        found = []
        for place in places:
            driver = drivers.load(options.driver, driven.Place(place.url, place.called, known, network))
            found += [Driven(driver, OcmAddress(user, place.called), place.url) for user in driver.users]
        return found
    if options.dav:
        if not any(known.values()):
            raise BadTarget("--dav needs names and passwords: give --login FILE, with lines NAME:PASSWORD")
        return [
            Remote(place.url, OcmAddress(user, place.called), password, network, options.dav)
            for place in places
            for user, password in known.items()
        ]
    if known and not any(known.values()):
        return [Named(OcmAddress(user, place.called), place.url) for place in places for user in known]
    return None


def fitting(name: str, at: Target) -> tuple[dict[str, float], list[str]]:
    """The stories that a name means and that people of this target can be in; and what is left out, and why.

    BadTarget if there is none, or if the one that was asked for cannot be told.
    """
    chosen, left = stories.chosen(name), []
    for story in list(chosen):
        why = why_not(story, at)
        if why:
            del chosen[story]
            left.append(f"{story}: {why}")
        else:
            left += [
                f"{story}: {what}" for what in getattr(stories.load(story), "left_out", lambda at: [])(at)
            ]
    if not chosen:
        others = [one for one in stories.own() if not stories.simulated(one) and not why_not(one, at)]
        raise BadTarget(f"{'; '.join(left)}. What can be told there: {', '.join(others) or 'nothing'}")
    return chosen, left


def why_not(story: str, at: Target) -> str:
    """Why a story cannot be told at a target; empty if it can."""
    module = stories.load(story)
    missing = [DOES.get(verb, verb.replace("_", " ")) for verb in module.NEEDS if not at.can(verb)]
    if missing:
        return f"nobody at the target can be made to {', '.join(missing)}"
    return str(getattr(module, "why_not", lambda at: "")(at))


def _places(options: Options) -> Sequence[Place]:
    accounts = options.accounts
    if not accounts:
        return [Place(url) for url in options.urls]
    try:
        text = accounts if accounts.startswith("{") else Path(accounts).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTarget(f"the accounts cannot be read: {error}") from error
    wanted = {url.rstrip("/") for url in options.urls}
    found = [place for place in target.described(text).sites if place.url.rstrip("/") in wanted]
    if not found:
        raise BadTarget(f"the accounts name no site at {', '.join(sorted(wanted))}")
    return found


def planted(options: Options, way: Reach, number: int = 0, workers: int = 1) -> Farm:
    """The peers of one worker, listening; BadTarget if they cannot be had as they were asked for."""
    many = max(1, options.peers // workers)
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if many * 3 > room:
        raise BadTarget(f"{many} peers need {many * 3} open files, and {room} are allowed (ulimit -n)")
    try:
        farm = Farm(
            many,
            f"{options.seed}/{number}",
            way,
            agent=options.agent,
            number=number,
            doors=_doors(options, number * many),
            credentials=_credentials(options),
        )
    except (BadCredentials, Misuse) as error:
        raise BadTarget(str(error)) from error
    for host in farm.hosts:
        farm.site(host)  # made now, and not in the middle of somebody's latency
        farm.person(f"u1@{host}")
    return farm


def _credentials(options: Options) -> Credentials | None:
    if split(options.urls[0]).scheme != "https":
        return None
    if not (options.peer_ca or options.peer_cert):
        raise BadTarget(NO_CREDENTIALS)
    return Credentials(authority=options.peer_ca, certificate=options.peer_cert)


def _doors(options: Options, before: int) -> Callable[[], tuple[str, Any]] | None:
    """Gives where the next peer is to be reached; other workers have the `before` ports below."""
    if not options.peer_host:
        return None
    from conformance.reach import Peers  # as above

    name, colon, port = options.peer_host.rpartition(":")
    place = f"{name}:{int(port) + before}" if colon and port.isdecimal() else options.peer_host
    peers = Peers(place, bool(options.peer_ca or options.peer_cert), "--peer-host")
    if peers.wild:
        raise BadTarget("--peer-host takes HOST or HOST:PORT: each peer of a load run has a port of its own")
    return peers.open


async def acquainted(farm: Farm, at: Target) -> dict[tuple[str, str], bool]:
    """Learn what others call people of the target, which may be another name than they sign in by.

    A peer invites each whom a driver makes act. Who is acquainted so, by addresses; BadTarget if it fails.
    """
    somebody, met = Local(farm.person(f"u1@{farm.hosts[0]}")), {}
    for one in at.people:
        if not isinstance(one, Driven) or not one.can("accept_invite"):
            continue
        try:
            await one.accept_invite(await somebody.invite())
        except OcmError as error:
            raise BadTarget(f"{one.user} cannot take up an invite of {somebody.address}: {error}") from error
        with gevent.Timeout(PATIENCE, False):
            while not (known := await somebody.contacts()):
                gevent.sleep(0.01)
        host = one.address.host
        found = [address for address in known if OcmAddress.parse(address).host == host]
        if not found:
            raise BadTarget(
                f"{one.user} took up an invite of {somebody.address}, which was never told who they are"
            )
        one.address = OcmAddress.parse(found[-1])
        met[str(somebody.address), str(one.address)] = True
    at.call()
    return met


async def believed(farm: Farm, at: Target, options: Options) -> None:
    """Tell the target something that is signed, and see whether it can look who we are.

    BadTarget if it cannot reach us, or does not trust what vouches for us. Who does not look is not judged.
    """
    host = farm.hosts[0]
    detail = Detail(file=FileDetail(provider_id="of-no-importance"))
    vouches = Path(options.peer_ca).with_suffix(".crt") if options.peer_ca else "the issuer of --peer-cert"
    for place in at.places:
        refused = None
        try:
            note = Notification(SHARE_ACCEPTED, host, "file", "user", detail)
            await farm.site(host).notify(place.called, note, "")
        except PeerError as error:
            refused = error
        except OcmError:
            pass
        door = farm.listening[host]
        if refused is not None:
            # What the target said when it broke off may be read a moment after its answer to us.
            with gevent.Timeout(SOON, False):
                while not (door.turned_down or door.reached):
                    gevent.sleep(0.01)
        why, reached = door.turned_down, door.reached
        if refused is not None and not (why or reached) and refused.answered in UNKNOWN:
            raise BadTarget(
                f"{place.url} did not look who we are ({refused}): it has to reach our peers, as {host}; "
                "say where it does with --peer-host HOST[:PORT], or let it (meshsim serve --allow NETWORK)"
            )
        if why:
            raise BadTarget(
                f"{place.url} called one of our peers back, and broke off ({why}); it has to trust {vouches}"
            )
