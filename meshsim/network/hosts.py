"""The hosts of a fabric: names, addresses, and who answers there at the moment."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from meshsim.network.kernel import Owner
from meshsim.wire import NetworkError, Request, Response, split

Handler = Callable[[Request], Awaitable[Response]]
Factory = Callable[["Incarnation"], Handler]
"""Makes what answers at a host; asked at the first request, and again after every restart."""
Resolver = Callable[[str], Factory | None]
"""Asked for a name nobody attached; None if there is no such host."""


class Keeper(Protocol):
    """The network that hosts are on."""

    resolver: Resolver | None

    def crash(self, host: str) -> None:
        """Take a host down."""
        ...


DEFAULT_PORTS = {"https": ":443", "http": ":80"}


class Incarnation(Owner):
    """A host between start and crash; owns its tasks and timers."""

    __slots__ = ("alive", "host", "name", "number")

    def __init__(self, host: "Host", number: int) -> None:
        self.host = host
        self.name = host.name
        self.number = number
        self.alive = True

    def die(self) -> None:
        """Take the host down, if this incarnation of it still runs."""
        if self.alive:
            self.host.fabric.crash(self.host.name)


class Host:
    """One name on the network. `handler` is made at the first request."""

    __slots__ = ("address", "fabric", "factory", "handler", "life", "name", "started")

    def __init__(self, fabric: Keeper, name: str, address: str) -> None:
        self.fabric = fabric
        self.name = name
        self.address = address
        self.factory: Factory | None = None
        self.handler: Handler | None = None
        self.life = Incarnation(self, 0)
        self.started = False

    @property
    def up(self) -> bool:
        """Whether somebody answers here."""
        return self.life.alive and self.factory is not None

    def start(self) -> Handler:
        """What answers here, made now if it was not."""
        if self.handler is None:
            if self.factory is None:
                raise LookupError(f"nothing is attached to {self.name}")
            self.started = True
            self.handler = self.factory(self.life)
        return self.handler


class Hosts:
    """The name service: names to hosts, addresses to names, each as true as it was made."""

    def __init__(self, fabric: Keeper) -> None:
        self._fabric = fabric
        self._by_name: dict[str, Host] = {}
        self._names: dict[str, str | None] = {}
        self._made = 0

    def get(self, name: str, address: str | None = None) -> Host:
        """The host of that name, made if need be: it can call others, and be called once attached."""
        host = self._by_name.get(name)
        if host is None:
            name = canonical(name)
            host = self._by_name.get(name)
        if host is None:
            self._made += 1
            high, low = divmod(self._made, 256)
            host = Host(self._fabric, name, address or f"10.{high >> 8}.{high & 255}.{low}")
            self._by_name[name] = host
            self._names[host.address] = name
        return host

    def find(self, url: str) -> Host:
        """The host a URL points to; NetworkError if there is none."""
        scheme, authority, _, _ = split(url)
        if scheme not in DEFAULT_PORTS:
            raise NetworkError(f"no such scheme: {scheme[:20]!r}", sent=False)
        host = self._by_name.get(authority)
        if host is not None and host.factory is not None:
            return host
        name = authority.rpartition("@")[2].lower().removesuffix(DEFAULT_PORTS[scheme])
        host = self._by_name.get(name)
        if host is None or host.factory is None:
            factory = self._fabric.resolver(name) if self._fabric.resolver else None
            if factory is None:
                raise NetworkError("no such host", sent=False)
            host = self.get(name)
            host.factory = factory
        return host

    def alias(self, name: str, host: str) -> None:
        """Let `name` lead to another host, as a second name or a spoofed one."""
        self._by_name[canonical(name)] = self.get(host)

    def name_of(self, address: str) -> str | None:
        """The reverse name of an address; None if it has none."""
        return self._names.get(address)

    async def names(self, address: str) -> tuple[str, ...]:
        """The reverse name of an address, as a name service answers."""
        name = self._names.get(address)
        return () if name is None else (name,)

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The address of a name, as a name service answers."""
        host = self._by_name.get(name)
        if host is None and self._fabric.resolver is not None and self._fabric.resolver(name) is not None:
            host = self.get(name)
        return () if host is None else (host.address,)

    def rename(self, address: str, name: str | None) -> None:
        """Let an address have another reverse name, or none."""
        self._names[address] = name


def canonical(authority: str) -> str:
    """A host's name as the fabric knows it: lower case, without a default port."""
    return authority.lower().removesuffix(":443").removesuffix(":80")
