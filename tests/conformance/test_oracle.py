import json

import hypothesis
import pytest
from hypothesis import strategies

from conformance.oracle import judge
from conformance.record import Seen
from meshsim.wire import Request, Response

SENDER, RECEIVER = "sender.example.org", "receiver.example.org"
JSON = {"content-type": "application/json"}
SECRET = "s" * 32


def exchange(number, source, request, status=200, document=None):
    """One exchange of a transcript."""
    answer = Response(status, JSON, json.dumps(document).encode())
    return Seen(number, source, request.target.authority, source == SENDER, request, 0.0, answer, 0.0)


def discovery(host, **members):
    """A fetch of a discovery document."""
    return exchange(1, SENDER, Request("GET", f"https://{host}/.well-known/ocm"), 200, members)


def share(**members):
    """A share of that document."""
    body = json.dumps(members).encode()
    return exchange(2, SENDER, Request("POST", f"https://{RECEIVER}/ocm/shares", JSON, body), 201)


def reasons(name, *exchanges):
    """What a rule says of them."""
    return [reason for _, reason in judge(exchanges)[name]]


def test_a_message_is_judged_by_the_rules_about_it():
    """What is missing is named; a rule about something else says nothing."""
    (whole,) = reasons("OCM-SHARE-003", share(shareWith="bob@x.org", name="plan.odt"))

    assert whole.startswith("missing: providerId")
    assert [] == reasons("OCM-NOTIF-010", share())


def test_a_signature_whose_key_was_not_at_hand_is_not_judged():
    """Neither well nor wrong: to have seen no key is no proof."""
    headers = {
        "signature-input": 'ocm=("@method");created=1;keyid="k";tag="ocm"',
        "signature": "ocm=:AA==:",
    }
    request = Request("POST", f"https://{RECEIVER}/ocm/shares", headers, b"{}")
    seen = exchange(1, SENDER, request)

    assert [] == reasons("OCM-SEC-006", seen)
    assert [] == reasons("OCM-SIG-026", seen)
    assert [""] == reasons("OCM-SIG-020", seen)


@pytest.mark.parametrize(("token_status", "wrong"), [(None, True), (400, False), (200, True)])
def test_a_secret_is_shown_only_where_its_exchange_failed(token_status, wrong):
    """A legacy secret where a token was to be had is told."""
    able = {"capabilities": ["exchange-token"]}
    given = share(protocol={"name": "webdav", "webdav": {"sharedSecret": SECRET, "uri": "u"}})
    told = [discovery(SENDER, **able), discovery(RECEIVER, **able), given]
    if token_status:
        form = f"grant_type=authorization_code&code={SECRET}".encode()
        asked = Request("POST", f"https://{SENDER}/token", {}, form)
        told.append(exchange(3, RECEIVER, asked, token_status))
    shown = Request("GET", f"https://{SENDER}/dav/u", {"authorization": f"Bearer {SECRET}"})
    told.append(exchange(4, RECEIVER, shown))
    (reason,) = (reason for seen, reason in judge(told, by_site=None)["OCM-SEC-007"] if seen.number == 4)

    assert wrong == bool(reason)


MEMBERS = ("protocol", "webdav", "webapp", "ssh", "encryption", "capabilities", "resourceTypes", "protocols")
ANYTHING = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=8),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(
            strategies.sampled_from(
                [*MEMBERS, "notification", "file", "name", "uri", "requirements", "user", "scheme"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@hypothesis.settings(max_examples=150)
@hypothesis.given(ANYTHING, ANYTHING, strategies.sampled_from(["shares", "notifications", "invite-accepted"]))
def test_no_message_makes_the_oracle_fail(document, told, end):
    """Whatever somebody writes is judged; a rule that stumbles would judge nobody."""
    body = json.dumps(document).encode()
    request = Request("POST", f"https://{RECEIVER}/ocm/{end}", JSON, body)
    found = judge([discovery(RECEIVER), exchange(2, SENDER, request)])
    deep = Request("POST", f"https://{RECEIVER}/ocm/{end}", JSON, b"[" * 100_000)
    judge([discovery(RECEIVER), exchange(2, SENDER, deep)])
    odd = exchange(1, SENDER, Request("GET", f"https://{RECEIVER}/.well-known/ocm"), 200, told)
    odder = judge([odd, exchange(2, SENDER, request)])

    assert found.keys() == odder.keys()
