"""What the passive oracle says of all messages that the site sent in this run; it comes last."""

import pytest

from conformance import Inconclusive, requirement
from conformance.oracle import RULES, apply
from conformance.oracle import messages as read
from conformance.plugin import JUDGED

RULE = {entry.id: entry for entry in RULES}


@pytest.mark.parametrize("name", [pytest.param(r.id, id=r.id, marks=requirement(r.id)) for r in RULES])
def test_every_message_of_the_site(name, messages, request, oracle):
    """Each message is as the requirement has it; that none was seen is no pass."""
    found = apply(RULE[name], oracle(messages))
    if not found:
        raise Inconclusive("no such message was seen")
    wrong = [f"{seen.request.method} {seen.request.url}: {reason}" for seen, reason in found if reason]
    request.node.stash[JUDGED] = tuple(seen.number for seen, reason in found if reason or not wrong)[:20]

    assert not wrong, "; ".join(wrong[:3])


@pytest.fixture(scope="module")
def oracle():
    """The messages, read once."""
    kept = {}

    def ask(messages):
        if len(messages) not in kept:
            kept[len(messages)] = list(read(messages))
        return kept[len(messages)]

    return ask
