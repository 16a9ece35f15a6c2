"""A user of the examined site, made to act by the target's driver."""

from typing import Any

from conformance import Blocked, Inconclusive, Unsupported
from conformance.peer import Peer, Site
from conformance.record import Link, Refused


class User:
    """Refused says that the site did not let them."""

    def __init__(self, link: Link, site: Site, name: str) -> None:
        self.link = link
        self.site = site
        self.name = name
        self.address = site.address(name)

    def act(self, verb: str, *args: Any) -> Any:
        """Any verb of `drivers`."""
        return self.link.act(verb, self.name, *args)

    def tries(self, verb: str, *args: Any) -> str | None:
        """The same where a refusal is no accident: None if it went well, else why not."""
        try:
            self.act(verb, *args)
        except Refused as error:
            return str(error)
        return None

    def shares(self, peer: Peer, path: str = "/notes.txt", **options: Any) -> dict[str, Any]:
        """Share with the peer's user; the document as it arrived there. Blocked if none did."""
        before = len(peer.posts("shares"))
        try:
            self.act("share", path, options.pop("to", peer.address), options)
        except Refused as error:
            raise Blocked(f"{self.name} could not share {path}: {error}") from error
        self.link.settle()
        arrived = peer.posts("shares")[before:]
        if not arrived:
            raise Blocked(f"{self.name} shared {path}, and nothing arrived")
        return arrived[-1]

    def invite(self) -> str:
        """The token of a new invite; Blocked."""
        return self.invite_string().rpartition("@")[0]

    def invite_string(self) -> str:
        """token@host of a new invite, decoded."""
        import base64

        try:
            string = str(self.act("invite"))
        except Refused as error:
            raise Blocked(f"{self.name} could not invite: {error}") from error
        return base64.urlsafe_b64decode(string + "=" * (-len(string) % 4)).decode()

    def received(self, share: dict[str, Any]) -> dict[str, Any]:
        """The entry of their inbox for a share of a peer; Inconclusive if it is not there."""
        try:
            entries = self.act("inbox")
        except Unsupported:  # somebody looks for it in the site's pages
            return {"key": share["providerId"], "sender": share["sender"]}
        for entry in entries:
            if entry["sender"] == share["sender"] and entry["key"].endswith(share["providerId"]):
                return dict(entry)
        raise Inconclusive("the share is not in the inbox")

    def has(self, share: dict[str, Any]) -> bool:
        """Whether the share is in their inbox."""
        keys = [entry["key"] for entry in self.act("inbox")]
        return any(key.endswith(share["providerId"]) for key in keys)

    def opens(self, share: dict[str, Any], path: str = "") -> str | None:
        """Read it, whatever comes of it: None if it went well."""
        return self.tries("read", self.received(share)["key"], path)
