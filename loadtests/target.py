"""Who is loaded: one OCM site or several, and the people there in whose name a run may act."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from loadtests.actors import Actor, Answered, Remote
from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.errors import OcmError
from meshsim.people import People
from meshsim.site.ports import Network
from meshsim.wire import NetworkError, Request, read, split

USUAL = ("u1", "alice")
"""Who lives at a site of `meshsim serve`, first of all."""
MOST = 100
"""People at a site in whose name is acted, at most."""


class BadTarget(Exception):
    """The target cannot be loaded; the message says why, and what to do."""


class Account(msgspec.Struct, frozen=True):
    """Somebody at a site, and how they sign in."""

    name: str
    password: str


class Somebody(Actor, Protocol):
    """Who lives at a target. `base` is the URL of their site."""

    base: str


class Place(msgspec.Struct, frozen=True):
    """One site, as `meshsim serve --json` describes it."""

    url: str
    host: str = ""
    users: tuple[Account, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}

    @property
    def called(self) -> str:
        """The site's host in OCM Addresses."""
        return parse_host(self.host or split(self.url).authority)


class Described(msgspec.Struct, frozen=True):
    """A mesh, as `meshsim serve --json` prints it, or one's own file of accounts in the same form."""

    sites: tuple[Place, ...]


class Target:
    """What a run acts on. `people` are all accounts of all sites, or whom a driver makes act."""

    def __init__(
        self, places: Sequence[Place], network: Network, people: Sequence[Somebody] | None = None
    ) -> None:
        self.places = places
        self.network = network
        self.must_invite: set[str] = set()
        """Hosts that take shares from contacts alone."""
        if people is None:
            people = [
                Remote(place.url, OcmAddress(account.name, place.called), account.password, network)
                for place in places
                for account in place.users[:MOST]
            ]
        self.people = people
        self.groups = {
            f"{name}@{place.called}": tuple(f"{one}@{place.called}" for one in members)
            for place in places
            for name, members in place.groups.items()
        }
        self.call()

    def call(self) -> None:
        """Note by what address each is known now."""
        self.by_address = {str(one.address): one for one in self.people}

    def can(self, *verbs: str) -> bool:
        """Whether everybody there can be made to do all of this."""
        return all(one.can(*verbs) for one in self.people)

    @property
    def urls(self) -> list[str]:
        """Where the sites are."""
        return [place.url for place in self.places]


def described(text: bytes | str) -> Described:
    """A description; BadTarget with the reason if it is none."""
    try:
        found = msgspec.json.decode(text, type=Described)
    except msgspec.MsgspecError as error:
        raise BadTarget(f"the accounts are not what `meshsim serve --json` prints: {error}") from error
    if not found.sites:
        raise BadTarget("the accounts name no site")
    return found


async def look(url: str, network: Network, timeout: float = 10.0) -> Mapping[str, Any]:
    """The discovery document at a URL; BadTarget says why there is no OCM site."""
    base = url.rstrip("/")
    try:
        parse_host(split(base).authority)
    except OcmError as error:
        raise BadTarget(f"{url!r} names no host: {error}") from error
    try:
        answer = await network.send(Request("GET", f"{base}/.well-known/ocm"), timeout)
        data = await read(answer.body, 1 << 20)
    except NetworkError as error:
        hint = "; give the authority that vouches for it with --ca" if "TLS" in error.reason else ""
        raise BadTarget(f"{base} cannot be reached: {error.reason}{hint}") from error
    if answer.status != 200:
        raise BadTarget(f"{base} is no OCM site: its /.well-known/ocm answers {answer.status}")
    try:
        document = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        raise BadTarget(f"{base} is no OCM site: its /.well-known/ocm is no JSON") from error
    if not isinstance(document, dict) or "endPoint" not in document or "apiVersion" not in document:
        raise BadTarget(f"{base} is no OCM site: its /.well-known/ocm names no endPoint and apiVersion")
    if document.get("enabled") is not True:
        raise BadTarget(f"{base} has OCM switched off (enabled is not true)")
    return document


async def sign_in(place: Place, network: Network, seed: int) -> Place:
    """The site with accounts: those given, or those that a served mesh of that seed has."""
    if place.users:
        one = Remote(
            place.url, OcmAddress(place.users[0].name, place.called), place.users[0].password, network
        )
        try:
            await one.api("GET", "/me")
        except OcmError as error:
            raise BadTarget(f"{place.users[0].name} cannot sign in at {place.url}: {error}") from error
        return place
    for name in USUAL:
        people = People(seed, place.called, MOST if name == "u1" else ("alice", "bob", "carol"))
        one = Remote(place.url, OcmAddress(name, place.called), people.password(name), network)
        try:
            await one.api("GET", "/me")
        except Answered:
            continue
        except OcmError as error:
            raise BadTarget(f"{place.url} does not answer its user API: {error}") from error
        there = [Account(user, people.password(user)) for user in people]
        if name == "u1":
            there = await _existing(place, there, network)
        return msgspec.structs.replace(place, users=tuple(there))
    raise BadTarget(
        f"nobody can sign in at {place.url}; give accounts of a mesh with --accounts FILE, in the form that "
        "`meshsim serve --json` prints. Another kind of site takes a --driver with --login FILE; where there "
        "is none, --dav PATH with --login FILE is for webdav, and --user NAME is enough for the story offer"
    )


async def _existing(place: Place, accounts: list[Account], network: Network) -> list[Account]:
    """The first so many who are there: u1 to uN."""
    low, high = 1, len(accounts)
    while low < high:
        middle = (low + high + 1) // 2
        account = accounts[middle - 1]
        one = Remote(place.url, OcmAddress(account.name, place.called), account.password, network)
        try:
            await one.api("GET", "/me")
            low = middle
        except OcmError:
            high = middle - 1
    return accounts[:low]
