"""What the passive oracle says of all messages that the site sent in this run; it comes last."""

import pytest

from conformance import Inconclusive, Unsupported, requirement
from conformance.oracle import RULES, apply
from conformance.oracle import messages as read
from conformance.peer import LEGACY, WELL_KNOWN, parse
from conformance.plugin import JUDGED, protocols
from conformance.record import body

RULE = {entry.id: entry for entry in RULES}

OF_PROTOCOL = {
    "webapp": ("SHARE-013", "SHARE-014", *(f"SHARE-{n:03}" for n in (80, 82, 84, 85, 86, 87))),
    "ssh": ("SHARE-101",),
}
OF_CAPABILITY = {
    "http-sig": (
        *("SHARE-005", "NOTIF-004", "INV-020", "SEC-006", "TOK-003", "LEG-023", "SIG-010"),
        *(f"SIG-{n:03}" for n in (*range(20, 29), 30, 31, 49, 51)),
    ),
    "exchange-token": ("SEC-007", "SHARE-072", *(f"TOK-{n:03}" for n in (2, 3, 4, 5, 6, 40))),
    "enforce-mfa": ("MFA-002", "SHARE-073"),
    "invites": (*(f"INV-{n:03}" for n in range(11, 18)), "INV-020"),
}
"""What a site that does not offer it cannot send."""

OPTIONAL = {
    "a share with encryption": tuple(f"SHARE-{n:03}" for n in range(41, 46)),
    "a share of more than one protocol": ("SHARE-052",),
    "a share with protocol.webdav.accessTypes": ("SHARE-060",),
    "a share with protocol.webdav.size": ("SHARE-074",),
    "a share with requirements": ("SHARE-071", "SHARE-072", "SHARE-075"),
    "a share that requires a second factor": ("MFA-002", "SHARE-073"),
    "a notification with a text": ("NOTIF-038",),
    "a signed message with Date, between servers of API 1.4": ("LEG-023",),
    "a signature with alg": ("SIG-049",),
    "a key whose algorithm has no name in HTTP": ("SIG-051",),
    "an exchange of tokens between servers that sign": ("TOK-003",),
}
"""What nobody has to send, and makes a rule say something."""


@pytest.mark.parametrize("name", [pytest.param(r.id, id=r.id, marks=requirement(r.id)) for r in RULES])
def test_every_message_of_the_site(name, messages, request, oracle):
    """Each message is as the requirement has it; that none was seen is no pass."""
    found = apply(RULE[name], oracle(messages))
    if not found:
        none_was_seen(name.removeprefix("OCM-"), messages)
    wrong = [f"{seen.request.method} {seen.request.url}: {reason}" for seen, reason in found if reason]
    request.node.stash[JUDGED] = tuple(seen.number for seen, reason in found if reason or not wrong)[:20]

    assert not wrong, "; ".join(wrong[:3])


def none_was_seen(name, messages):
    """Unsupported where the site does not offer it; else Inconclusive, and what would have been judged."""
    known = [
        parse(body(seen.response))
        for seen in messages
        if seen.request.target.path in (WELL_KNOWN, *LEGACY) and not seen.by_site and seen.response
    ]
    documents = [document for document in known if isinstance(document, dict)]
    for protocol, ids in OF_PROTOCOL.items():
        offered = any(protocol in found for document in documents for found in protocols(document))
        if name in ids and documents and not offered:
            raise Unsupported(f"the site does not advertise the protocol {protocol}")
    for capability, ids in OF_CAPABILITY.items():
        offered = any(capability in (document.get("capabilities") or ()) for document in documents)
        if name in ids and documents and not offered:
            raise Unsupported(f"the site does not advertise the capability {capability}")
    told = next((told for told, ids in OPTIONAL.items() if name in ids), "")
    hint = f", which nobody has to send: {told}" if told else ""
    raise Inconclusive(f"no such message was seen{hint}")


@pytest.fixture(scope="module")
def oracle():
    """The messages, read once."""
    kept = {}

    def ask(messages):
        if len(messages) not in kept:
            kept[len(messages)] = list(read(messages))
        return kept[len(messages)]

    return ask
