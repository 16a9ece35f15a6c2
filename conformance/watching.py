"""The passive oracle in a run of a mesh: every message that a site sent is judged, whoever it went to.

What it needs to know of each site, its documents and keys, is what the site told others in the same run.
"""

from collections.abc import Collection, Iterator
from typing import Any

from conformance import catalogue, signing
from conformance.message import Message
from conformance.oracle import messages
from conformance.peer import LEGACY, WELL_KNOWN, parse
from conformance.record import Seen, body
from conformance.rules import RULES
from meshsim.invariants import Finding, finding
from meshsim.wire import Exchange, Transcript

MOST = 100
"""Violations that are told."""


def watch(transcript: Transcript, sites: Collection[str]) -> Finding:
    """What the oracle says of the messages that these sites sent. A SHOULD is advice, and no violation."""
    documents, keys = _published(transcript)
    rules = [entry for entry in RULES if catalogue.level(entry.id) in catalogue.BINDING]
    checked, wrong = 0, []
    for message in messages(_seen(transcript, sites, keys), known=documents, live=True):
        judged = False
        for entry in rules:
            if message.kind not in entry.kinds or not catalogue.binds(entry.id, message.version):
                continue
            reason = entry.judge(message)
            judged = judged or reason is not None
            if reason and len(wrong) < MOST:
                wrong.append(f"{entry.id}: {_told(message)}: {reason}")
        checked += judged
    return finding("oracle", checked, wrong)


def _told(message: Message) -> str:
    seen = message.seen
    asked = f"{seen.request.method} {seen.request.target.path}"
    return f"exchange {seen.number}, {seen.source} to {message.target}, {asked}"


def _published(transcript: Transcript) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The first discovery document of each host, and all keys that it ever published."""
    documents: dict[str, Any] = {}
    places: dict[str, str] = {}
    keys: dict[str, list[Any]] = {}
    for exchange in transcript:
        answer, host = exchange.response, exchange.request.target.authority
        if answer is None or answer.status != 200 or exchange.request.method != "GET" or exchange.faults:
            continue
        if exchange.request.target.path in (WELL_KNOWN, *LEGACY) and host not in documents:
            found = parse(body(answer))
            if isinstance(found, dict):
                documents[host] = found
                places[str(found.get("jwksUri"))] = host
        elif exchange.request.url in places:
            found = parse(body(answer))
            there = found.get("keys") if isinstance(found, dict) else None
            mine = keys.setdefault(places[exchange.request.url], [])
            mine += [key for key in there if key not in mine] if isinstance(there, list) else []
    return documents, keys


def _seen(transcript: Transcript, sites: Collection[str], keys: dict[str, list[Any]]) -> Iterator[Seen]:
    for e in transcript:
        by_site = e.source in sites
        seen = Seen(e.number, e.source, e.target, by_site, e.request, e.started, e.response, e.ended, e.error)
        if by_site and _signed(e) and e.source in keys:
            seen.facts = {"signature": signing.facts(e.request, {"keys": keys[e.source]})}
        yield seen


def _signed(exchange: Exchange) -> bool:
    return exchange.request.method == "POST" and "signature" in exchange.request.headers
