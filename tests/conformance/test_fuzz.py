import json

import pytest
from hypothesis import given, strategies

from conformance import check, fuzz
from conformance.mutants import _parts
from conformance.targets import Misuse, load
from meshsim.wire import Response

GOOD = {"recipientProvider": "a.example.org", "token": "t", "userID": "u", "email": "", "name": "U"}


def test_a_case_differs_in_one_place():
    """So what fails need not be made smaller."""
    for case in fuzz.cases("invite-accepted", GOOD, 10_000):
        places = {name for name in {*GOOD, *case.document} if GOOD.get(name) != case.document.get(name)}

        assert len(places) <= 1
        assert not places or {case.place} == places


def test_what_is_required_must_not_be_missing_or_of_another_type():
    """As the definitions have it; a text may be any text."""
    found = {str(case): case.must_fail for case in fuzz.cases("invite-accepted", GOOD, 10_000)}

    assert found["token: left out"]
    assert found["token: 7"]
    assert not found['token: "../.."']


def test_a_budget_is_kept_and_a_seed_repeats_itself():
    """The same cases in the same order."""
    first, again, other = (
        [str(case) for case in fuzz.cases("invite-accepted", GOOD, 5, seed)] for seed in (1, 1, 2)
    )

    assert 5 == len(first)
    assert first == again
    assert first != other


def test_members_inside_members_are_spoiled_too():
    """As far as the good document has them."""
    good = {"protocol": {"name": "multi", "webdav": {"uri": "u", "sharedSecret": "s"}}}
    places = {case.place for case in fuzz.cases("shares", good, 10_000)}

    assert {"protocol", "protocol.webdav", "protocol.webdav.uri", "protocol.webdav.permissions"} <= places


def takes_short_names(most=100):
    """A site that stumbles over a share whose name is longer."""

    def stumbles(request):
        try:
            name = json.loads(request.body)["name"]
        except (ValueError, KeyError, TypeError):
            return None
        return Response(500) if isinstance(name, str) and len(name) > most else None

    target = load("sim:standard")
    target.departure = _parts.receives("/ocm/shares", stumbles, "POST")
    return target


def test_a_message_that_fails_is_made_small_kept_and_sent_again(tmp_path):
    """At that site it fails again and alone; at one without the bug it does not."""
    _, suite = check.run(takes_short_names(), only=["no_share_breaks"], lean=True)
    (case,) = suite.failing
    path = tmp_path / "m.json"
    path.write_text(json.dumps(case))
    message = check.message(str(path))
    again = [
        check.run(target, only=["no_share_breaks"], message=message, lean=True)
        for target in (takes_short_names(), load("sim:standard"))
    ]

    assert ("shares", "name") == (case["endpoint"], case["place"])
    assert 101 <= len(case["value"]) <= 130
    assert [1, 0] == [len(suite.failing) for _, suite in again]
    assert ["failed", "passed"] == [report["verdicts"][0]["verdict"] for report, _ in again]
    sent = [s for s in again[1][1].exchanges if s.request.target.path == "/ocm/shares"]
    assert 3 >= len(sent)


def test_what_is_no_message_is_wrong_use(tmp_path):
    """No file, no JSON, another thing."""
    odd = {"test": 5, "endpoint": "shares", "place": "name", "left_out": False, "value": ""}
    with pytest.raises(Misuse, match="--message"):
        check.message(str(tmp_path / "none.json"))
    for text in ("", "[1]", "{}", json.dumps(odd)):
        (tmp_path / "m.json").write_text(text)
        with pytest.raises(Misuse, match="--message"):
            check.message(str(tmp_path / "m.json"))


def test_a_form_is_spoiled_field_by_field():
    """Left out and wrong; all of it must be refused."""
    found = fuzz.cases("token", {"code": "c", "client_id": "a.example"}, 10_000)

    assert {"code", "client_id"} == {case.place for case in found}
    assert all(case.must_fail for case in found)


@given(strategies.lists(strategies.integers(), min_size=1))
def test_what_is_smaller_is_smaller(value):
    """So that it ends."""
    assert all(len(part) < len(value) for part in fuzz.smaller(value))
    assert all(len(part) < len(str(value)) for part in fuzz.smaller(str(value)))
