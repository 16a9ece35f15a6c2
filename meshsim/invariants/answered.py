"""Every request a site sent was answered, or is accounted for: said again, or given up in its records."""

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.site.records import ERRANDS, Records
from meshsim.site.site import OCM_PATH
from meshsim.stores import Put

TOLD = frozenset({f"{OCM_PATH}/shares", f"{OCM_PATH}/invite-accepted", f"{OCM_PATH}/notifications"})
"""Where the other side is told what it has to know. Whatever else fails, fails for who is waiting for it."""


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """No exchange is left open; what went unanswered was an errand's, and the errand was taken up again."""
    checked, violations = 0, []
    taken_up, waiting = _taken_up(facts), _waiting(facts)
    said: set[int] = set()
    for exchange in facts.transcript:
        checked += 1
        # The network may bring one request twice; it is then the same value, and nobody's to say again.
        repeated = id(exchange.request) in said
        said.add(id(exchange.request))
        way, path = (exchange.source, exchange.target), exchange.request.target.path
        if exchange.ended is None:
            violations.append(f"exchange {exchange.number} of {exchange.source} never ended")
        elif exchange.error and not repeated and path in TOLD and exchange.source in facts.stores:
            if taken_up.get(way, 0.0) >= exchange.ended:
                continue
            what = "still waits for" if way in waiting else "has forgotten to tell"
            violations.append(f"exchange {exchange.number}: {way[0]} {what} {way[1]} about {path}")
    return finding("answered", checked, violations)


def _taken_up(facts: Facts) -> dict[tuple[str, str], float]:
    """When a host last put off, closed or gave up an errand to another."""
    errands: dict[tuple[str, str], str] = {}
    last: dict[tuple[str, str], float] = {}
    for entry in facts.journal.entries:
        for change in entry.changes:
            if change.table == ERRANDS:
                if isinstance(change, Put):
                    errands[entry.host, change.key] = change.row.host
                if target := errands.get((entry.host, change.key)):
                    last[entry.host, target] = entry.time
    return last


def _waiting(facts: Facts) -> set[tuple[str, str]]:
    return {
        (host, errand.host) for host, store in facts.stores.items() for errand in Records(store).errands()
    }
