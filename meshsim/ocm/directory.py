"""The signed list of a federation's servers (draft appendix C): payload and JWS."""

import msgspec


class Server(msgspec.Struct, frozen=True, rename="camel"):
    """One member: url is scheme, host and perhaps port."""

    url: str
    display_name: str


class Directory(msgspec.Struct, frozen=True):
    """The payload of the JWS. Bad entries are left out and told in `rejected`, not fatal (OCM-DIR-011)."""

    federation: str
    servers: tuple[Server, ...]
    rejected: tuple[str, ...] = ()
