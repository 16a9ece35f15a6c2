"""Nothing exists twice: one live share of a thing to a person, one taker of an invite."""

from collections import Counter
from hashlib import sha256

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.ocm.lifecycle import HELD, OPEN
from meshsim.site.records import INVITATIONS, Records


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """Counts what stands in the records, and who ever took an invite."""
    seen: Counter[str] = Counter()
    for host, store in facts.stores.items():
        records = Records(store)
        for share in records.sent_by():
            # What has expired may be given anew, although its state stays.
            over = share.expiration is not None and facts.clocks[host](facts.ended) >= share.expiration
            if share.state in OPEN and not over:
                seen[f"{host} shares {share.path} with {share.recipient}"] += 1
        for received in records.received_by():
            if received.state in HELD:
                seen[f"{received.recipient}@{host} holds {received.provider_id} of {received.host}"] += 1
                seen[f"{host} holds a share by one secret of {received.host} {hash_of(received.secret)}"] += 1
                # By the old form the secret selects the share, and all have one uri.
                if not received.legacy:
                    seen[f"{host} holds {received.uri} of {received.host}"] += 1
        for contact in records.contacts():
            seen[f"{contact.user}@{host} knows {contact.address}"] += 1
    takers: dict[tuple[str, str], set[str]] = {}
    for _, host, row in facts.journal.rows(INVITATIONS):
        known = takers.setdefault((host, row.token), set())
        if row.acceptor is not None:
            known.add(str(row.acceptor))
    violations = [f"{what}, {count} times" for what, count in seen.items() if count > 1]
    violations += [
        f"an invite of {host} was taken by {', '.join(sorted(names))}"
        for (host, _), names in takers.items()
        if len(names) > 1
    ]
    return finding("nothing_twice", len(seen) + len(takers), violations)


def hash_of(secret: str) -> str:
    """A name for a secret that may be shown."""
    return sha256(secret.encode()).hexdigest()[:8]
