from conformance import fuzz

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
