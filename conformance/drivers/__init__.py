"""Who makes the users of a site act. One file is one kind of site, and its name is the driver's.

A driver file has `build(place, **options) -> Driver`. A driver has a method for each verb it can do; what a
verb takes and gives is plain JSON. It raises Refused where the site did not let its user.
"""

import inspect
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

from conformance import Unsupported
from conformance.record import Refused
from conformance.targets import Misuse
from meshsim.wire import NetworkError, Request, Response

VERBS = {
    "sign_in": "(user); Refused with 401 or 403 for a wrong password",
    "invite": "(user) -> the invite string",
    "accept_invite": "(user, invite) -> the address or host of the inviter",
    "contacts": "(user) -> [{address, name, email}]",
    "remove_contact": "(user, address)",
    "share": "(user, path, to, {permissions, share_type, expiration}) -> {providerId, state}",
    "unshare": "(user, share)",
    "change_permissions": "(user, share, permissions)",
    "given": "(user) -> [{providerId, state, ...}]",
    "inbox": "(user) -> [{key, name, owner, sender, permissions, state, ...}]; key ends with providerId",
    "accept": "(user, key)",
    "decline": "(user, key)",
    "read": "(user, key, path) -> text, one character an octet",
    "names": "(user, key, path) -> [name]",
    "write": "(user, key, path, text)",
    "request": "(user, key, method, path) -> status",
    "put": "(user, path, text): a file of their own",
    "get": "(user, path) -> text",
    "folder": "(user, path)",
    "remove": "(user, path): a file or folder of their own, with all that is in it",
    "home": "(user) -> the path of their own files in WebDAV",
    "servers": "(user) -> the hosts that the site offers to who is asked where they are from",
    "reference": "(user, path) -> the id by which others ask for it",
    "ask_share": "(user, owner, reference)",
    "ask_reshare": "(user, key, to)",
    "asked": "(user) -> [{key, peer, ...}]",
    "answer": "(user, key, agree)",
}
"""What a user may be made to do. `share` is a providerId, `key` an entry of the inbox."""

HOME = {
    "/notes.txt": "A file of the conformance suite.\n",
    "/papers": None,
    "/papers/abstract.txt": "An abstract of the conformance suite.\n",
    "/papers/review.md": "# A review of the conformance suite\n",
}
"""What tests find at a user, with its content; None is a folder."""

PATHS = ("share", "get", "put", "folder", "remove", "reference")
"""Verbs whose first argument is a path of the user's own."""


class Place(Protocol):
    """The site, as a driver needs it."""

    host: str
    scheme: str
    passwords: Mapping[str, str]
    """Of the people who live there, as far as they were told."""

    def call(self, request: Request) -> Response:
        """The site's answer; NetworkError."""
        ...

    def ask(self, text: str) -> str | None:
        """What somebody at the keyboard answers; None if nobody does."""
        ...


class Driver(Protocol):
    """Has methods named like VERBS, too."""

    users: tuple[str, ...]


def names() -> list[str]:
    """The drivers there are."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load(text: str, place: Place) -> Driver:
    """The driver that `NAME` or `NAME:OPTION=VALUE,...` means; Misuse."""
    name, _, given = text.partition(":")
    if name not in names():
        raise Misuse(f"no driver {name!r}; there are: {', '.join(names())}")
    build = import_module(f"{__name__}.{name}").build
    options = dict(item.partition("=")[::2] for item in filter(None, given.split(",")))
    taken = [n for n, p in inspect.signature(build).parameters.items() if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if option not in taken:
            raise Misuse(
                f"the driver {name} has no option {option!r}; it takes: {', '.join(taken) or 'none'}"
            )
    driver: Driver = build(place, **options)
    return driver


class Home:
    """A folder at a real site for one test, with what the test asks for, so that nothing else is touched."""

    def __init__(self, driver: Driver, name: str) -> None:
        self.driver = driver
        self.name = name
        self._made: dict[str, set[str]] = {}

    def path(self, user: str, path: str) -> str:
        """Where the test finds `path`; itself where the driver cannot make folders."""
        if not all(hasattr(self.driver, verb) for verb in ("folder", "put", "remove")):
            return path
        if user not in self._made:
            act(self.driver, "folder", user, f"/{self.name}")
            self._made[user] = set()
        first = "/" + path.strip("/").partition("/")[0]
        if first not in self._made[user]:
            self._made[user].add(first)
            for there, content in HOME.items():
                if f"{there}/".startswith(f"{first}/"):
                    verb, more = ("folder", ()) if content is None else ("put", (content,))
                    act(self.driver, verb, user, f"/{self.name}{there}", *more)
        return f"/{self.name}{path}"

    def close(self) -> None:
        """Take it away; Refused."""
        for user in self._made:
            act(self.driver, "remove", user, f"/{self.name}")


def act(driver: Driver, verb: str, *args: Any) -> Any:
    """Let a user do something; Refused, Unsupported."""
    do = getattr(driver, verb, None) if verb in VERBS else None
    if do is None:
        raise Unsupported(f"this driver cannot {verb.replace('_', ' ')}")
    try:
        return do(*args)
    except NetworkError as error:
        raise Refused(f"the site did not answer: {error.reason}") from error
