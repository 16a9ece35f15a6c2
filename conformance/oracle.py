"""The passive oracle: judges messages as they are seen, whoever sent them and why, by `rules/`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance import catalogue
from conformance.message import Message
from conformance.peer import LEGACY, WELL_KNOWN, parse
from conformance.record import Seen, body
from conformance.rules import RULES, Rule

Found = list[tuple[Seen, str]]
"""The messages that a rule judged, and "" or what is wrong with each."""


def judge(exchanges: Iterable[Seen], by_site: bool | None = True) -> dict[str, Found]:
    """What each rule found. `by_site` limits it to messages of the examined site; None takes all."""
    seen = list(messages(exchanges, by_site))
    return {entry.id: apply(entry, seen) for entry in RULES}


def messages(
    exchanges: Iterable[Seen],
    by_site: bool | None = True,
    known: Mapping[str, Any] = {},
    *,
    live: bool = False,
) -> Iterator[Message]:
    """What was answered, and what was seen before it: discovery documents, and secrets of shares.

    `known` are documents that were there from the beginning. With `live` a message must be judged before the
    next one is asked for, since what was seen is then kept once and not for each.
    """
    documents: dict[str, Any] = dict(known)
    shared: dict[str, str] = {}
    test = None
    for seen in exchanges:
        if seen.test != test:
            test, documents, shared = seen.test, dict(known), {}  # each test has servers of its own
        request, answer = seen.request, seen.response
        if request.target.path in (WELL_KNOWN, *LEGACY) and answer and answer.status == 200:
            documents[request.target.authority] = parse(body(answer))
        if not answer:
            continue
        message = Message(seen, documents, shared) if live else Message(seen, dict(documents), dict(shared))
        if message.kind == "share":
            shared |= dict.fromkeys(message.secrets, message.target)
        elif message.kind == "token" and answer.status != 200:
            shared.pop(message.form.get("code", ""), None)  # to show the secret itself is all that is left
        if by_site is None or seen.by_site == by_site:
            yield message


def apply(entry: Rule, seen: Iterable[Message]) -> Found:
    """What one rule found."""
    found = []
    for message in seen:
        if message.kind in entry.kinds:
            reason = entry.judge(message)
            if reason is not None and catalogue.binds(entry.id, message.version):
                found.append((message.seen, reason))
    return found
