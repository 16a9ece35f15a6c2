"""What was acknowledged is there: shares, contacts, and the bytes that were written."""

from collections.abc import Iterator
from json import loads
from typing import Any

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.invariants._doors import Doors, made_up
from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.site.records import CONTACTS, RECEIVED_SHARES
from meshsim.site.site import OCM_PATH
from meshsim.storage import Storage
from meshsim.wire import Exchange, FileSlice, octets

MOVING = frozenset({"DELETE", "MOVE", "COPY"})
"""What changes a file other than by writing it."""


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """Answers that say "done" are held against journal and storage."""
    # Written down when it was said, and still there.
    taken = {(host, row.provider_id) for _, host, row in facts.journal.rows(RECEIVED_SHARES)}
    taken &= {
        (host, row.provider_id) for host, store in facts.stores.items() for row in store.rows(RECEIVED_SHARES)
    }
    met = {(host, row.address) for _, host, row in facts.journal.rows(CONTACTS)}
    checked, violations = 0, []
    for exchange in facts.transcript:
        answer, path = exchange.response, exchange.request.target.path
        if answer is None or exchange.target not in facts.stores or made_up(exchange):
            continue
        if path == f"{OCM_PATH}/shares" and answer.status == 201:
            checked += 1
            provider_id = str(_asked(exchange)["providerId"])
            if (exchange.target, provider_id) not in taken:
                violations.append(
                    f"exchange {exchange.number}: the share {provider_id} was taken and is lost"
                )
        elif path == f"{OCM_PATH}/invite-accepted" and answer.status == 200:
            checked += 1
            asked = _asked(exchange)
            guest = OcmAddress(asked["userID"], parse_host(asked["recipientProvider"]))
            if (exchange.target, guest) not in met:
                violations.append(
                    f"exchange {exchange.number}: {exchange.target} accepted {guest}, who is nobody's contact"
                )
    for (host, place), exchanges in _written(facts).items():
        checked += 1
        violations += _bytes_lost(facts, host, place, exchanges)
    return finding("nothing_lost", checked, violations)


def _asked(exchange: Exchange) -> dict[str, Any]:
    document: dict[str, Any] = loads(octets(exchange.request.body))
    return document


def _written(facts: Facts) -> dict[tuple[str, str], list[Exchange]]:
    """All that was said about writing a file, by its place in storage."""
    doors = Doors(facts)
    written: dict[tuple[str, str], list[Exchange]] = {}
    moved: set[tuple[str, str]] = set()
    for exchange in facts.transcript:
        request = exchange.request
        if not doors.has(exchange) or exchange.target not in facts.storages:
            continue
        place = doors.place(exchange, request.url)
        if place is None:
            continue
        if request.method == "PUT":
            written.setdefault((exchange.target, place), []).append(exchange)
        elif request.method in MOVING and not _refused(exchange):
            there = doors.place(exchange, request.headers.get("destination", request.url))
            moved |= {(exchange.target, place), (exchange.target, there or place)}
    # What was moved or deleted, by anybody, cannot be looked for by its old name.
    return {(host, place): e for (host, place), e in written.items() if not _below(host, place, moved)}


def _below(host: str, place: str, moved: set[tuple[str, str]]) -> bool:
    names = place.split("/")
    return any((host, "/".join(names[:n])) in moved for n in range(2, len(names) + 1))


def _refused(exchange: Exchange) -> bool:
    answer = exchange.response
    return answer is not None and answer.status >= 300 and not made_up(exchange)


def _bytes_lost(facts: Facts, host: str, place: str, exchanges: list[Exchange]) -> Iterator[str]:
    """The file must be what one of the last writers wrote: none that was wholly followed by another."""
    acknowledged = [
        e
        for e in exchanges
        if e.response is not None and e.response.status < 300 and not (e.error or made_up(e))
    ]
    if not acknowledged:
        return
    storage = facts.storages[host]
    entry = storage.stat(place)
    last = max(exchange.ended or facts.ended for exchange in acknowledged)
    if entry is not None and entry.modified >= facts.clocks[host](last):
        return  # its owner wrote since: what was acknowledged is older than its answer
    newest = max(exchange.started for exchange in acknowledged)
    possible = [
        octets(e.request.body)
        for e in exchanges
        # Who got no true answer may have been served at any time; who was refused wrote nothing.
        if e.error or made_up(e) or (e in acknowledged and (e.ended or facts.ended) >= newest)
    ]
    if entry is None or _content(storage, place) not in possible:
        yield f"{host}{place} is not what exchange {exchanges[-1].number} or one beside it wrote"


def _content(storage: Storage, place: str) -> bytes:
    body = storage.read(place)
    if isinstance(body, FileSlice):
        with open(body.path, "rb") as file:
            file.seek(body.offset)
            return file.read(body.length)
    return octets(body)
