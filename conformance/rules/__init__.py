"""What the passive oracle goes by: one rule is one requirement and how a single message is judged by it.

Each file here holds the rules about one thing. A rule says nothing (None: the message is not about it), ""
(as it should be) or what is wrong. It knows raw JSON, raw headers, and the discovery documents of both sides.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from conformance.message import Message

Judge = Callable[[Message], str | None]

EXCHANGE = "must-exchange-token"
MFA = "must-use-mfa"
RIGHTS = {"read", "write", "share"}


class Rule(msgspec.Struct, frozen=True):
    """One requirement, and how a message is judged by it."""

    id: str
    kinds: tuple[str, ...]
    judge: Judge


RULES: list[Rule] = []


def rule(name: str, *kinds: str) -> Callable[[Judge], Judge]:
    """A rule for messages of these kinds."""

    def add(judge: Judge) -> Judge:
        RULES.append(Rule(name, kinds, judge))
        return judge

    return add


def member(name: str, path: str, check: Callable[[Any], str], *kinds: str, types: Iterable[str] = ()) -> None:
    """A rule about one member that must be there."""
    wanted = frozenset(types)

    def judge_member(message: Message) -> str | None:
        if wanted and message.type not in wanted:
            return None
        wrong = check(message.inside(path))
        return f"{path}: {wrong}" if wrong else ""

    rule(name, *kinds)(judge_member)


def optional(name: str, path: str, check: Callable[[Any], bool], *kinds: str) -> None:
    """A rule about one member that may be left out."""

    def judge_optional(message: Message) -> str | None:
        value = message.inside(path)
        if value is None:
            return None
        return "" if check(value) else f"{path}: {value!r}"

    rule(name, *kinds)(judge_optional)


def address(value: Any) -> str:
    """What is wrong with an OCM Address, or ""."""
    if not isinstance(value, str):
        return f"{value!r} is no text"
    user, _, host = value.rpartition("@")
    well = user and host and "/" not in host and not re.search(r"\s", host)
    return "" if well else f"{value!r} is no OCM Address"


def text(value: Any) -> str:
    """What is wrong with a text that must be there, or ""."""
    return "" if isinstance(value, str) and value else f"is {value!r}"


def subset(allowed: set[str]) -> Callable[[Any], bool]:
    """A list of some of these words, not empty."""
    return lambda value: isinstance(value, list) and bool(value) and set(map(str, value)) <= allowed


for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
