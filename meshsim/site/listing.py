"""The servers that a site offers to its users: a list of its own, and the directories it polls.

And, where a site hosts a directory for its federation, who is registered there.
"""

from typing import TYPE_CHECKING

import msgspec

from meshsim.ocm.directory import Directory, Server, verify
from meshsim.ocm.directory import sign as sign_directory
from meshsim.ocm.document import dump
from meshsim.ocm.errors import Forbidden, NotFound, OcmError, Unauthenticated
from meshsim.ocm.keys import PublicKey
from meshsim.site.peers import JSON, judge
from meshsim.site.records import MEMBERS
from meshsim.stores import Drop, Put
from meshsim.wire import NetworkError, Request, split

if TYPE_CHECKING:
    from meshsim.site.site import Site

DIRECTORY_PATH = "/directory"
REGISTER_PATH = "/directory/register"
UNREGISTER_PATH = "/directory/unregister"


PAUSE = 30.0
"""Seconds between two tries to get a directory that could not be had."""


class Provider(msgspec.Struct, frozen=True):
    """A server that somebody may come from."""

    host: str
    name: str


class Source(msgspec.Struct, frozen=True):
    """A directory, and the key that was handed over beside it."""

    url: str
    key: PublicKey


class Listing:
    """Providers, by name. `problems` says what could not be had or believed; the last good list stays."""

    __slots__ = ("_fetched", "_lists", "_polling", "_tried", "problems", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.problems: dict[str, str] = {}
        self._lists: dict[str, tuple[Provider, ...]] = {}
        self._fetched: dict[str, float] = {}
        self._tried: dict[str, float] = {}
        self._polling: set[str] = set()

    async def providers(self, *, fresh: bool = False) -> tuple[Provider, ...]:
        """The union of all lists, sorted by name; directories are asked again when their copy is old."""
        profile = self.site.profile
        found = {provider.host: provider for provider in profile.providers}
        for source in profile.directories:
            age = self.site.now() - self._fetched.get(source.url, float("-inf"))
            # While one asks for the new list, the others are shown the old one.
            asked = source.url in self._polling and source.url in self._lists
            if fresh or (age >= profile.directory_lifetime and not asked):
                await self._poll(source)
            for provider in self._lists.get(source.url, ()):
                found.setdefault(provider.host, provider)
        return tuple(sorted(found.values(), key=lambda provider: (provider.name.casefold(), provider.host)))

    async def member(self, host: str) -> bool | None:
        """Whether a directory has that server; None if none has, and one of them could not be had."""
        now, unsure = self.site.now(), False
        for source in self.site.profile.directories:
            url = source.url
            stale = now - self._fetched.get(url, float("-inf")) >= self.site.profile.directory_lifetime
            if stale and now - self._tried.get(url, float("-inf")) >= PAUSE:
                await self._poll(source)
            if any(provider.host == host for provider in self._lists.get(url, ())):
                return True
            unsure = unsure or url not in self._lists
        return None if unsure else False

    async def _poll(self, source: Source) -> None:
        self._tried[source.url] = self.site.now()
        self._polling.add(source.url)
        try:
            directory = verify(await self.site.peers.fetch(source.url), source.key)
        except NetworkError as error:
            self.problems[source.url] = f"no answer: {error.reason}"
            return
        except OcmError as error:
            self.problems[source.url] = error.message
            return
        finally:
            self._polling.discard(source.url)
        self._fetched[source.url] = self.site.now()
        self._lists[source.url] = tuple(Provider(s.host, s.display_name) for s in directory.servers)
        self.problems.pop(source.url, None)
        if directory.rejected:
            self.problems[source.url] = f"bad entries left out: {'; '.join(directory.rejected[:3])}"

    @property
    def entry(self) -> Server:
        """This site, as it stands in a directory."""
        return Server(self.site.base, self.site.profile.provider)

    async def register(self, *, leave: bool = False) -> None:
        """Announce this site to every directory, or take it out of them; PeerError if one refuses."""
        site = self.site
        for source in site.profile.directories:
            target = split(source.url)
            peer = await site.peers.discover(target.authority)
            url = f"{target.scheme}://{target.authority}{UNREGISTER_PATH if leave else REGISTER_PATH}"
            await judge(peer, await site.peers.send_signed(peer, url, dump(self.entry), JSON))

    # What follows is for a site that hosts a directory.

    def document(self) -> bytes:
        """The signed directory that this site hosts; NotFound if it hosts none."""
        site = self.site
        if not site.profile.federation:
            raise NotFound("no directory is kept here")
        rows: list[Server] = sorted(site.ports.store.rows(MEMBERS), key=lambda server: server.url)
        return sign_directory(Directory(site.profile.federation, tuple(rows)), site.key)

    def enter(self, *servers: Server) -> None:
        """The operator of this directory takes servers in, such as those that cannot sign."""
        self.site.ports.store.commit([Put(MEMBERS, server.host, server) for server in servers])

    async def admit(self, request: Request, server: Server, *, leave: bool = False) -> None:
        """Take a server in, or out, at its own signed wish; the OcmError says why not."""
        site = self.site
        if not site.profile.federation:
            raise NotFound("no directory is kept here")
        if not server.url.startswith(f"{site.profile.scheme}://"):
            raise Forbidden(f"this federation is reached by {site.profile.scheme}")
        signer = await site.gate.admit(request, "register", server.host)
        if signer is None:
            raise Unauthenticated("a server registers itself, with a signed request")
        change = Drop(MEMBERS, server.host) if leave else Put(MEMBERS, server.host, server)
        site.ports.store.commit([change])
