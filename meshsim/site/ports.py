"""The ways out of a site: Network, Clock, Entropy, and what its data is kept in.

Nothing under `site/` reaches the world by another way, so one code runs in virtual time, on
sockets and in a blocking process.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec

from meshsim.storage import Storage
from meshsim.stores import Store
from meshsim.wire import Request, Response

T = TypeVar("T")


class Network(Protocol):
    """Carries one request to the host in its URL."""

    async def send(self, request: Request, timeout: float = 10.0) -> Response:
        """The peer's answer; NetworkError when none came within `timeout` seconds."""
        ...


class Clock(Protocol):
    """The site's own idea of time; it may be wrong."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        ...

    def later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Run `act` once, that many seconds from now; forgotten when the site goes down."""
        ...


class Entropy(Protocol):
    """Unguessable to peers, repeatable by seed; one stream for each purpose."""

    def token(self, purpose: str, count: int = 24) -> str:
        """The next `count` bytes as base64url text without padding."""
        ...

    def key(self, purpose: str) -> bytes:
        """32 bytes that stay the same for this site, also after a restart."""
        ...

    def bytes(self, purpose: str, count: int) -> bytes:
        """The next `count` bytes of the stream."""
        ...


class Aside(Protocol):
    """Does what takes long without letting everybody else wait for it."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """What `work` gives. Where there are threads it runs in one of them, else here and now."""
        ...

    def soon(self, work: Callable[[], None]) -> None:
        """The same for what nobody waits for; any thread may ask."""
        ...


class Names(Protocol):
    """The name service: whose address that is, and what addresses a name has.

    A name is a host as OCM has it; a port makes no difference to a real name service.
    """

    async def names(self, address: str) -> tuple[str, ...]:
        """The names that an address has in reverse, none if it has none; NetworkError without an answer."""
        ...

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a name, none if there is no such name; NetworkError without an answer."""
        ...


class User(Protocol):
    """A person at this site."""

    @property
    def id(self) -> str:
        """The identifier before the "@" of an OCM Address."""
        ...

    @property
    def name(self) -> str:
        """The name that others are shown."""
        ...

    @property
    def email(self) -> str:
        """Informational; not necessarily at this site."""
        ...


class Users(Protocol):
    """The people of a site."""

    def find(self, user_id: str) -> User | None:
        """The person with exactly that identifier, or None."""
        ...

    def authenticate(self, user_id: str, password: str) -> bool:
        """Whether that is the password of such a person."""
        ...

    def groups_of(self, user_id: str) -> tuple[str, ...]:
        """The groups a person is in."""
        ...

    def group(self, group_id: str) -> tuple[str, ...] | None:
        """The identifiers of a group's members, or None if there is no such group."""
        ...

    def dissolve(self, group_id: str) -> None:
        """Let there be no such group any more; LookupError if there was none."""
        ...


class Ports(msgspec.Struct, frozen=True):
    """All of a site's ways out, and who and what is at home."""

    network: Network
    clock: Clock
    entropy: Entropy
    store: Store
    storage: Storage
    users: Users
    names: Names
    aside: Aside
