"""Headers of requests that came before: clients say the same again and again, and it is parsed once.

What octets mean at the beginning of a request does not depend on what came before them, nor on who sent them.
There may be passwords and tokens among them, so they are forgotten soon.
"""

from typing import TYPE_CHECKING, NamedTuple

from meshsim.network._incoming import Incoming

if TYPE_CHECKING:
    from meshsim.network.http1 import Connection

MOST = 4096
"""Headers that are kept."""
LONGEST = 2048
"""Bytes of one."""
_END = b"\r\n\r\n"


class _Head(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    length: int


_heads: dict[bytes, _Head] = {}


def known(connection: "Connection", data: bytes) -> Incoming | None:
    """The request that `data` is, all of it and nothing else, if its header came before."""
    end = data.find(_END) + 4
    head = _heads.get(data[:end])
    if head is None or end + head.length != len(data):
        return None
    incoming = Incoming(connection)
    incoming.method, incoming.target, incoming.headers, length = head
    if length:
        incoming.body = data[end:]
    return incoming


def keep(data: bytes, incoming: Incoming) -> None:
    """Keep the header of a request that `data` was parsed to, if that is all it was."""
    end = data.find(_END) + 4
    length = len(incoming.body) if isinstance(incoming.body, bytes) else -1
    # What ends its connection, or is older, is rare.
    if incoming.keep and incoming.version == "1.1" and end <= LONGEST and end + length == len(data):
        if len(_heads) >= MOST:
            _heads.clear()
        _heads[data[:end]] = _Head(incoming.method, incoming.target, incoming.headers, length)


def forget() -> None:
    """Keep none any longer; whoever serves says so now and then."""
    _heads.clear()
