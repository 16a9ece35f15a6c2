"""The hosts of a fabric: names, addresses, and who answers there at the moment."""

from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network
from typing import Protocol

from meshsim import __version__
from meshsim.network.kernel import Owner
from meshsim.wire import NetworkError, Request, Response, hostname, split

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


class NameService(Protocol):
    """Whoever knows whose address that is, and what addresses a name has."""

    async def names(self, address: str) -> tuple[str, ...]:
        """The names that an address has in reverse."""
        ...

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a name."""
        ...


DEFAULT_PORTS = {"https": ":443", "http": ":80"}
AGENT = f"meshsim/{__version__}"
"""What a host of ours calls its software, in User-Agent and Server."""


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

    def restart(self) -> None:
        """Come up again, if it is down, as a new incarnation that remembers nothing."""
        if not self.life.alive:
            self.life = Incarnation(self, self.life.number + 1)
            if self.started:
                self.start()  # it may have something to take up, and not only when it is asked


class Hosts:
    """The name service: names to hosts, addresses to names, each as true as it was made.

    Addresses are those of `block`, one after the other.
    """

    def __init__(self, fabric: Keeper, block: str = "10.0.0.0/8") -> None:
        self._fabric = fabric
        self._by_name: dict[str, Host] = {}
        self._portless: dict[str, Host] = {}
        self._names: dict[str, str | None] = {}
        self.block = IPv4Network(block)
        self._made = 0

    def get(self, name: str, address: str | None = None) -> Host:
        """The host of that name, made if need be: it can call others, and be called once attached."""
        host = self._by_name.get(name)
        if host is None:
            name = canonical(name)
            host = self._by_name.get(name)
        if host is None:
            host = Host(self._fabric, name, address or self.new_address())
            self._by_name[name] = host
            self._portless.setdefault(hostname(name), host)
            self._names[host.address] = name
        return host

    def new_address(self) -> str:
        """An address that no host has yet; OSError once there are none."""
        self._made += 1
        if self._made >= self.block.num_addresses - 1:
            raise OSError(f"there are no more addresses in {self.block}")
        return str(self.block[self._made])

    def find(self, url: str) -> Host:
        """The host a URL points to; NetworkError if there is none."""
        target = split(url)
        scheme, authority = target.scheme, target.authority
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
                raise NetworkError("no such host", nowhere=True)
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

    def address_of(self, name: str) -> str | None:
        """The address of a name, with its port or without; None if nobody has the name."""
        host = self._by_name.get(name) or self._portless.get(name)
        if host is None and self._fabric.resolver is not None and self._fabric.resolver(name) is not None:
            host = self.get(name)
        return None if host is None else host.address

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The address of a name, as a name service answers."""
        address = self.address_of(name)
        return () if address is None else (address,)

    def rename(self, address: str, name: str | None) -> None:
        """Let an address have another reverse name, or none."""
        self._names[address] = name


def canonical(authority: str) -> str:
    """A host's name as the fabric knows it: lower case, without a default port."""
    return authority.lower().removesuffix(":443").removesuffix(":80")
