"""Nobody reads or writes what was not granted to them, or after it was revoked or has expired."""

from base64 import b64decode

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.ocm.lifecycle import OPEN
from meshsim.site.records import SENT_SHARES, SentShare
from meshsim.site.site import DAV_PATH
from meshsim.wire import Exchange, Request

READ, WRITE = frozenset({"read"}), frozenset({"write"})
NEEDED = {"GET": READ, "HEAD": READ, "PROPFIND": READ, "COPY": READ | WRITE, "OPTIONS": frozenset[str]()}
"""What a method needs; any other needs to write."""

History = list[tuple[float, SentShare]]


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """Every answer of shared WebDAV that was no refusal is held against what the owner's site wrote down."""
    shares: dict[tuple[str, str], History] = {}
    secrets: dict[tuple[str, str], str] = {}
    for time, host, row in facts.journal.rows(SENT_SHARES):
        shares.setdefault((host, row.provider_id), []).append((time, row))
        secrets[host, row.secret] = row.provider_id
    checked, violations = 0, []
    for exchange in facts.transcript:
        path = exchange.request.target.path
        served = exchange.response is not None and exchange.response.status < 400
        # A host without records is no site of ours, and keeps its own promises.
        if not served or exchange.target not in facts.stores or not f"{path}/".startswith(DAV_PATH + "/"):
            continue
        checked += 1
        # A legacy secret selects the share, whatever the path says; else the path names it.
        share_id = secrets.get((exchange.target, _basic_user(exchange.request)))
        if share_id is None:
            share_id = path[len(DAV_PATH) + 1 :].partition("/")[0]
        history = shares.get((exchange.target, share_id), [])
        wrong = _wrong(facts, exchange, history)
        if wrong:
            method = exchange.request.method
            violations.append(f"exchange {exchange.number}: {method} by {exchange.source}: {wrong}")
    return finding("access", checked, violations)


def _basic_user(request: Request) -> str:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(text).decode().partition(":")[0]
    except ValueError:
        return ""


def _wrong(facts: Facts, exchange: Exchange, history: History) -> str:
    """Why the exchange should have been refused; "" if it was right at some instant while it lasted."""
    if not history:
        return "there is no such share"
    if exchange.source != history[0][1].recipient.host:
        return f"the share was given to {history[0][1].recipient.host}"
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
