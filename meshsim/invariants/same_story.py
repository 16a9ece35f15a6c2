"""Once the network is quiet, both sides tell the same: of shares, their state and rights, and of contacts."""

from collections.abc import Iterator

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.lifecycle import HELD, OPEN, Deal, Share
from meshsim.site.records import CONTACTS, ReceivedShare, Records, SentShare, Wish, contact_key, share_key
from meshsim.stores import Drop


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """Records of all sites, pair by pair; hosts that are no sites of ours have no records to compare."""
    records = {host: Records(store) for host, store in facts.stores.items()}
    parted = set(_parted(facts))
    checked = 0
    violations: list[str] = []
    for host, ours in records.items():
        for share in ours.sent_by():
            theirs = records.get(share.recipient.host)
            if theirs is not None and share.state is not Share.FAILED:
                checked += 1
                other = theirs.received(share_key(host, share.provider_id))
                violations += _compare(facts, host, share, other)
        for received in ours.received_by():
            theirs = records.get(received.host)
            if theirs is not None and received.state in HELD:
                checked += 1
                given = theirs.sent(received.provider_id)
                if given is None or given.state is Share.FAILED or given.recipient.host != host:
                    violations.append(f"{host} holds {received!r}, which {received.host} did not give")
        for contact in ours.contacts():
            theirs = records.get(contact.address.host)
            if theirs is not None:
                checked += 1
                names = [c.address for c in theirs.contacts(contact.address.user)]
                if not any((address.user, address.host) == (contact.user, host) for address in names):
                    violations.append(
                        f"{contact.user}@{host} has the contact {contact.address}, not vice versa"
                    )
        for invitation in ours.invitations():
            who = invitation.acceptor
            if invitation.state is Deal.DONE and who is not None:
                checked += 1
                if ours.contact(invitation.user, who) is None and (host, invitation.user, who) not in parted:
                    violations.append(f"{invitation.user}@{host} met {who}, who is no contact")
        for wish in ours.wishes():
            theirs = records.get(wish.peer)
            if theirs is not None and wish.state is Deal.OPEN and not wish.incoming:
                checked += 1
                if not any(_answers(asked, host, wish) for asked in theirs.wishes()):
                    violations.append(f"{wish.user}@{host} waits for {wish.peer}, where nothing is open")
        for errand in ours.errands():
            checked += 1
            violations.append(f"{host} has yet to tell {errand.host} about a {errand.kind}")
    return finding("same_story", checked, violations)


def _answers(asked: Wish, host: str, wish: Wish) -> bool:
    """Whether this is the same request as the other side has it, and not refused."""
    same = (asked.kind, asked.peer, asked.resource, asked.share_with) == (
        wish.kind,
        host,
        wish.resource,
        wish.share_with,
    )
    return asked.incoming and same and asked.state is not Deal.REFUSED


def _parted(facts: Facts) -> Iterator[tuple[str, str, OcmAddress]]:
    """Who ever ended a contact with whom."""
    known = {(host, contact_key(r.user, r.address)): r for _, host, r in facts.journal.rows(CONTACTS)}
    for entry in facts.journal.entries:
        for change in entry.changes:
            if isinstance(change, Drop) and change.table == CONTACTS and (entry.host, change.key) in known:
                row = known[entry.host, change.key]
                yield entry.host, row.user, row.address


def _compare(facts: Facts, host: str, share: SentShare, other: ReceivedShare | None) -> Iterator[str]:
    if share.expiration is not None and facts.clocks[host](facts.ended) >= share.expiration:
        return  # over on both sides, whatever is written
    if share.state is Share.OFFERED:
        yield f"{host} does not know whether {share!r} arrived"
        return
    held = other is not None and other.state in HELD
    if (share.state in OPEN) != held:
        yield f"{host} has {share!r}, {share.recipient.host} has {other!r}"
    elif other is not None and held:
        if share.state is not other.state:
            yield f"{share!r} is {share.state} at {host} and {other.state} at {share.recipient.host}"
        # Servers of 1.0 never learn which permissions a share has.
        if not other.legacy and set(share.permissions) != set(other.permissions):
            yield f"{share!r} gives {share.permissions} at {host}, {other.permissions} at the other side"
