"""What was acknowledged is there: shares, contacts, and the bytes that were written."""

from collections.abc import Iterator
from json import loads

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.site.records import CONTACTS, RECEIVED_SHARES, SENT_SHARES
from meshsim.site.site import DAV_PATH, OCM_PATH
from meshsim.storage import Storage
from meshsim.wire import Exchange, FileSlice, octets


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """Answers that say "done" are held against journal and storage."""
    # Written down when it was said, and still there.
    taken = {(host, row.host, row.provider_id) for _, host, row in facts.journal.rows(RECEIVED_SHARES)}
    taken &= {
        (host, row.host, row.provider_id)
        for host, store in facts.stores.items()
        for row in store.rows(RECEIVED_SHARES)
    }
    met = {(host, row.user, str(row.address)) for _, host, row in facts.journal.rows(CONTACTS)}
    checked, violations = 0, []
    puts: dict[tuple[str, str], list[Exchange]] = {}
    moved: set[tuple[str, str]] = set()
    for exchange in facts.transcript:
        answer, request = exchange.response, exchange.request
        if answer is None or exchange.target not in facts.stores:
            continue
        path, done = request.target.path, answer.status < 300
        if path == f"{OCM_PATH}/shares" and answer.status == 201 and not _faked(exchange):
            checked += 1
            provider_id = loads(octets(request.body))["providerId"]
            if (exchange.target, exchange.source, provider_id) not in taken:
                violations.append(
                    f"exchange {exchange.number}: the share {provider_id} was taken and is lost"
                )
        elif path == f"{OCM_PATH}/invite-accepted" and answer.status == 200 and not _faked(exchange):
            checked += 1
            violations += _contact_lost(exchange, met)
        elif path.startswith(DAV_PATH + "/"):
            if request.method == "PUT":
                puts.setdefault((exchange.target, path), []).append(exchange)
            elif done and request.method in ("DELETE", "MOVE", "COPY"):
                moved.add((exchange.target, path[len(DAV_PATH) + 1 :].partition("/")[0]))
    paths = {(host, row.provider_id): row.path for _, host, row in facts.journal.rows(SENT_SHARES)}
    written: dict[tuple[str, str], list[Exchange]] = {}
    for (host, path), exchanges in puts.items():
        share_id, _, inside = path[len(DAV_PATH) + 1 :].partition("/")
        # What was moved or deleted cannot be looked for by its old name; legacy paths name no share.
        if (host, share_id) in paths and (host, share_id) not in moved and "%" not in inside:
            place = f"{paths[host, share_id]}/{inside}".rstrip("/")
            written.setdefault((host, place), []).extend(exchanges)
    for (host, place), exchanges in written.items():
        checked += 1
        violations += _bytes_lost(facts, host, place, exchanges)
    return finding("nothing_lost", checked, violations)


def _faked(exchange: Exchange) -> bool:
    """Whether the answer may be one that the network made up."""
    return bool({"wrong_status", "garbled", "truncated", "stale_discovery"} & set(exchange.faults))


def _contact_lost(exchange: Exchange, met: set[tuple[str, str, str]]) -> Iterator[str]:
    asked = loads(octets(exchange.request.body))
    address = f"{asked['userID']}@{exchange.source}"
    if not any(host == exchange.target and other == address for host, _, other in met):
        yield f"exchange {exchange.number}: {exchange.target} accepted {address}, who is nobody's contact"


def _bytes_lost(facts: Facts, host: str, place: str, exchanges: list[Exchange]) -> Iterator[str]:
    """The file must be what one of the last writers wrote: none that was wholly followed by another."""
    acknowledged = [
        e for e in exchanges if e.response is not None and e.response.status < 300 and not e.error
    ]
    if not acknowledged:
        return
    storage = facts.storages[host]
    entry = storage.stat(place)
    last = max(exchange.ended or facts.ended for exchange in acknowledged)
    if entry is not None and entry.modified > facts.clocks[host](last):
        return  # its owner wrote since
    newest = max(exchange.started for exchange in acknowledged)
    possible = [
        octets(e.request.body)
        for e in exchanges
        # Who got no true answer may have been served at any time; who was refused wrote nothing.
        if e.error or _faked(e) or (e in acknowledged and (e.ended or facts.ended) >= newest)
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
