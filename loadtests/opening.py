"""Before a run: whether its target can be loaded, who acts there, and the peers that are brought along."""

import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
import msgspec

from conformance.reach import Peers
from conformance.targets import Misuse
from loadtests import target
from loadtests.credentials import NO_CREDENTIALS, BadCredentials, Credentials
from loadtests.farm import Farm
from loadtests.reach import NotAllowed, NotTrusted, Reach
from loadtests.target import BadTarget, Place, Target
from meshsim import __version__
from meshsim.network.blocking import BlockingPort, complete
from meshsim.ocm.errors import OcmError, PeerError
from meshsim.ocm.notification import SHARE_ACCEPTED, Detail, FileDetail, Notification
from meshsim.wire import split

SOON = 0.5
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
    return Target([complete(_signed_in(place, network, options)) for place in _places(options)], network)


async def _signed_in(place: Place, network: BlockingPort, options: Options) -> Place:
    await target.look(place.url, network)
    return await target.sign_in(place, network, options.target_seed)


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
    name, colon, port = options.peer_host.rpartition(":")
    place = f"{name}:{int(port) + before}" if colon and port.isdecimal() else options.peer_host
    peers = Peers(place, bool(options.peer_ca or options.peer_cert), "--peer-host")
    if peers.wild:
        raise BadTarget("--peer-host takes HOST or HOST:PORT: each peer of a load run has a port of its own")
    return peers.open


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
