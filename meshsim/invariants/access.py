"""Nobody reads or writes what was not granted to them, or after it was revoked or has expired."""

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.invariants._doors import Doors, made_up
from meshsim.ocm.lifecycle import OPEN
from meshsim.site.records import SentShare
from meshsim.wire import Exchange

READ, WRITE = frozenset({"read"}), frozenset({"write"})
NEEDED = {"GET": READ, "HEAD": READ, "PROPFIND": READ, "COPY": READ | WRITE, "OPTIONS": frozenset[str]()}
"""What a method needs; any other needs to write."""


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """Every answer of shared WebDAV that was no refusal is held against what the owner's site wrote down."""
    doors = Doors(facts)
    checked, violations = 0, []
    for exchange in facts.transcript:
        served = exchange.response is not None and exchange.response.status < 400
        # A host without records is no site of ours, and keeps its own promises.
        if not served or made_up(exchange) or exchange.target not in facts.stores or not doors.has(exchange):
            continue
        checked += 1
        wrong = _wrong(facts, exchange, doors)
        if wrong:
            method = exchange.request.method
            violations.append(f"exchange {exchange.number}: {method} by {exchange.source}: {wrong}")
    return finding("access", checked, violations)


def _wrong(facts: Facts, exchange: Exchange, doors: Doors) -> str:
    """Why the exchange should have been refused; "" if it was right at some instant while it lasted."""
    history = doors.history(exchange)
    if not history:
        return "there is no such share"
    share = history[0][1]
    if exchange.source != share.recipient.host:
        return f"the share was given to {share.recipient.host}"
    if not doors.opens(exchange, share):
        return "the credential does not open the share"
    # Who gave up waiting was perhaps served later.
    ended = facts.ended if exchange.ended is None or exchange.error else exchange.ended
    reason = "the share was not there yet"
    for number, (since, row) in enumerate(history):
        until = history[number + 1][0] if number + 1 < len(history) else ended
        if since > ended or until < exchange.started:
            continue
        reason = _refusal(facts, exchange, row, max(since, exchange.started), min(until, ended))
        if not reason:
            return ""
    return reason


def _refusal(facts: Facts, exchange: Exchange, row: SentShare, since: float, until: float) -> str:
    if row.state not in OPEN:
        return f"the share was {row.state}"
    clock = facts.clocks[exchange.target]
    # A clock can be set back, so the later instant may be the earlier one there.
    if row.expiration is not None and min(clock(since), clock(until)) >= row.expiration:
        return "the share had expired"
    missing = NEEDED.get(exchange.request.method, WRITE) - set(row.permissions)
    return f"{' and '.join(sorted(missing))} was not granted" if missing else ""
