"""Every request a site sent was answered, or is accounted for: said again, or given up in its records."""

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.site.records import Records
from meshsim.site.site import OCM_PATH


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """No exchange is left open, and what went unanswered was said again or is nobody's errand any more."""
    checked, violations = 0, []
    answered: dict[tuple[str, str, str], float] = {}
    unanswered = []
    for exchange in facts.transcript:
        checked += 1
        key = (exchange.source, exchange.target, exchange.request.target.path)
        if exchange.ended is None:
            violations.append(f"exchange {exchange.number} of {exchange.source} never ended")
        elif exchange.error and exchange.request.method == "POST" and key[2].startswith(OCM_PATH + "/"):
            unanswered.append((key, exchange))
        elif not exchange.error:
            answered[key] = max(exchange.started, answered.get(key, 0.0))
    waiting = {
        (host, errand.host) for host, store in facts.stores.items() for errand in Records(store).errands()
    }
    for (source, target, path), exchange in unanswered:
        said_again = answered.get((source, target, path), 0.0) >= exchange.started
        if not said_again and (source, target) in waiting:
            violations.append(f"exchange {exchange.number}: {source} still waits for {target} about {path}")
    return finding("answered", checked, violations)
