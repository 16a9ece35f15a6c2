"""Conditional requests: the preconditions of HTTP (RFC 9110, 13) and the If header (RFC 4918, 10.4).

wsgidav ignores If-Match on a missing file, tagged lists and Not, so the conditions are judged here
for every request, whichever way it is answered.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from meshsim.apis._dav_entity import entity_tag
from meshsim.apis._dav_view import Refusal
from meshsim.storage import Entry

NAMES = frozenset({"if", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})
"""The headers that make a request conditional."""

_TAG_LIST = re.compile(r'\s*((?:W/)?"[^"]*")\s*(?:,|$)')
_IF_TOKEN = re.compile(r'\s*(?:<([^<>\s]+)>|\[((?:W/)?"[^"]*")\]|(\()|(\))|(not)\b)', re.IGNORECASE)


class State(NamedTuple):
    """What a condition of the If header is about: a resource's entity tag ("" if none) and lock tokens."""

    tag: str
    tokens: frozenset[str]


class Condition(NamedTuple):
    """One condition in a list: a state token, or an entity tag in its quotes."""

    negated: bool
    token: str
    tag: str


class IfList(NamedTuple):
    """Conditions that hold together, about the tagged resource or ("") the one requested."""

    resource: str
    conditions: list[Condition]


def failure(headers: Mapping[str, str], method: str, entry: Entry | None) -> int | None:
    """304 or 412 if a precondition of HTTP fails, judged in the order of RFC 9110, 13.2.2."""
    tag = None if entry is None else entity_tag(entry)
    moment = None if entry is None else int(entry.modified)
    reading = method in ("GET", "HEAD")
    if "if-match" in headers:
        if not _matches(headers["if-match"], tag, weak=False):
            return 412
    elif "if-unmodified-since" in headers:
        limit = http_moment(headers["if-unmodified-since"])
        if limit is not None and moment is not None and moment > limit:
            return 412
    if "if-none-match" in headers:
        if _matches(headers["if-none-match"], tag, weak=True):
            return 304 if reading else 412
    elif reading and "if-modified-since" in headers:
        since = http_moment(headers["if-modified-since"])
        if since is not None and moment is not None and moment <= since:
            return 304
    return None


def http_moment(text: str) -> int | None:
    """An HTTP date as seconds since the Unix epoch; None for anything else, which is to be ignored."""
    try:
        moment = parsedate_to_datetime(text)
        # "-0000" gives no zone, and Python would take the machine's.
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError, OSError):
        return None


def parse_if(text: str) -> list[IfList]:
    """The lists of an If header; Refusal(400) if it breaks the grammar."""
    lists: list[IfList] = []
    resource, tag_open = "", False
    conditions: list[Condition] | None = None
    negated = False
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _IF_TOKEN.match(text, position)
        if match is None:
            raise Refusal(400)
        position = match.end()
        url, tag, opening, closing, _ = match.groups()
        if conditions is None:
            if url and not tag_open and not (lists and not resource):
                resource, tag_open = url, True
            elif opening:
                conditions, tag_open = [], False
            else:
                raise Refusal(400)
        elif url or tag:
            conditions.append(Condition(negated, url or "", tag or ""))
            negated = False
        elif closing and conditions and not negated:
            lists.append(IfList(resource, conditions))
            conditions = None
        elif opening or closing or negated:
            raise Refusal(400)
        else:
            negated = True
    if conditions is not None or tag_open or not lists:
        raise Refusal(400)
    return lists


def holds(lists: Sequence[IfList], state: Callable[[str], State]) -> bool:
    """Whether any list is true; `state` tells of a tagged resource, or ("") of the one requested."""
    return any(
        all(_true(condition, state(entry.resource)) for condition in entry.conditions) for entry in lists
    )


def submitted(lists: Sequence[IfList]) -> list[str]:
    """The lock tokens a client shows: all in the header, true or not (RFC 4918, 10.4.1)."""
    return [condition.token for entry in lists for condition in entry.conditions if condition.token]


def _true(condition: Condition, state: State) -> bool:
    found = condition.token in state.tokens if condition.token else condition.tag == state.tag
    return found != condition.negated


def _matches(field: str, tag: str | None, *, weak: bool) -> bool:
    """Whether a list of entity tags or "*" names the current one; nothing matches what is not there."""
    if tag is None:
        return False
    if field.strip() == "*":
        return True
    position = 0
    while position < len(field):
        match = _TAG_LIST.match(field, position)
        if match is None:
            raise Refusal(400)
        position = match.end()
        if (match[1].removeprefix("W/") if weak else match[1]) == tag:
            return True
    return False
