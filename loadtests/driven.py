"""Somebody at a target that is not ours: made to act by a driver of the conformance suite, or by nobody.

One file in `conformance/drivers/` is one kind of site, for `meshsim check` and for load alike.
"""

from collections.abc import Mapping
from typing import Any

from conformance import Unsupported, drivers
from conformance.record import Refused
from loadtests.actors import Listed
from meshsim.network.blocking import BlockingPort, complete
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError, PeerError
from meshsim.wire import NetworkError, Request, Response, read, split

LONGEST = 64 << 20
"""Bytes of an answer that is held."""


class Place:
    """The target, as a driver needs it."""

    def __init__(self, url: str, host: str, passwords: Mapping[str, str], network: BlockingPort) -> None:
        self.scheme = split(url).scheme
        self.host = host
        self.passwords = passwords
        self._network = network

    def call(self, request: Request) -> Response:
        """The site's answer; NetworkError."""
        answer = complete(self._network.send(request))
        return Response(answer.status, answer.headers, complete(read(answer.body, LONGEST)))

    def ask(self, text: str) -> str | None:
        """Nobody sits at the keyboard of a load run."""
        return None


class Driven:
    """Somebody whom a driver makes act. Unsupported is what it cannot make them do."""

    def __init__(self, driver: Any, address: OcmAddress, base: str) -> None:
        self.driver = driver
        self.user = address.user
        """By what name they sign in; others may know them by another."""
        self.address = address
        self.base = base

    def can(self, *verbs: str) -> bool:
        """Whether the driver knows all of these. WebDAV as such is not asked of it."""
        return all(verb != "home" and hasattr(self.driver, verb) for verb in verbs)

    def _act(self, verb: str, *args: Any) -> Any:
        try:
            return drivers.act(self.driver, verb, self.user, *args)
        except Refused as error:
            told = str(error)
            if isinstance(error.__cause__, NetworkError):
                raise PeerError(told) from error
            status = told.partition(" ")[0]
            raise OcmError(told, status=int(status) if status.isdecimal() else None) from error

    async def put(self, path: str, data: bytes) -> None:
        """Write a file of theirs."""
        self._act("put", path, data.decode("latin-1"))

    async def get(self, path: str) -> bytes:
        """Read a file of theirs."""
        return str(self._act("get", path)).encode("latin-1")

    async def make_folder(self, path: str) -> None:
        """Make a folder of theirs."""
        self._act("folder", path)

    async def share(
        self, path: str, to: OcmAddress, share_type: str, permissions: tuple[str, ...] = ("read",)
    ) -> str:
        """Give something; its providerId. PeerError if it is only offered yet."""
        options = {"share_type": share_type, "permissions": list(permissions)}
        made = self._act("share", path, str(to), options)
        if made.get("state") == "offered":
            raise PeerError(made.get("reason") or "no answer yet")
        return str(made["providerId"])

    async def unshare(self, provider_id: str) -> None:
        """Take it back."""
        self._act("unshare", provider_id)

    async def accept(self, host: str, provider_id: str) -> None:
        """Take what somebody at `host` gave."""
        self._act("accept", self._key(provider_id))

    async def open(
        self, host: str, provider_id: str, method: str, path: str = "", **options: Any
    ) -> Response:
        """A request inside a share that was taken: what a driver can is to read."""
        if method != "GET":
            raise Unsupported("this driver's users read in shares, and do nothing else")
        return Response(200, {}, str(self._act("read", self._key(provider_id), path)).encode("latin-1"))

    async def invite(self) -> str:
        """An invite string, to be handed over."""
        return str(self._act("invite"))

    async def accept_invite(self, invite: str) -> None:
        """Take up somebody's invite."""
        self._act("accept_invite", invite)

    async def given(self) -> list[Listed]:
        """What they gave."""
        return [(str(one["providerId"]), str(one["state"])) for one in self._act("given")]

    async def received(self) -> list[Listed]:
        """What they were given."""
        return [(_giver(one), str(one["state"])) for one in self._act("inbox")]

    async def contacts(self) -> list[str]:
        """Whom they know."""
        return [str(one["address"]) for one in self._act("contacts")]

    def _key(self, provider_id: str) -> str:
        """How the site calls a share; OcmError if it is not in their inbox."""
        for one in self._act("inbox"):
            key = str(one["key"])
            if key.split(" ")[-1] == provider_id:
                return key
        raise OcmError("it is not in the inbox", status=404)


def _giver(entry: Mapping[str, Any]) -> str:
    """The giver's host, a space, and the providerId."""
    key = str(entry["key"])
    who = str(entry.get("owner") or entry.get("sender") or "")
    return f"{who.rpartition('@')[2]} {key.split(' ')[-1]}" if who else key


class Named:
    """Somebody at the target of whom nothing is known but the name: they can be given something."""

    def __init__(self, address: OcmAddress, base: str) -> None:
        self.address = address
        self.base = base

    def can(self, *verbs: str) -> bool:
        """Nothing."""
        return not verbs

    def __getattr__(self, verb: str) -> Any:
        raise Unsupported(f"nobody makes {self.address} act: give a --driver")
