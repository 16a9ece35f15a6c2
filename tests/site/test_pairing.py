"""Pair API keys: from a list, from the central service, and through all that happens to keys."""

from io import StringIO

import pytest

from meshsim import running
from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import OcmError
from meshsim.site.pairing import KEY_HEADER, KEYS_PATH, LIFETIME, OVERLAP, SITE_HEADER
from meshsim.site.records import SHARED_KEYS
from meshsim.wire import Request
from reports import har

ALPHA, BETA, GAMMA = "alpha.example.org", "beta.example.org", "gamma.example.org"
CENTRAL = "central.example.org"
UNSIGNED = {"signed": False}


def plan(host, **options):
    return Plan(host, dialect_options=UNSIGNED, policies=(("pair_key", options),))


@pytest.fixture
def listed(make_mesh):
    """Two sites with a key in their own lists."""
    return make_mesh(Topology((plan(ALPHA), plan(BETA))))


@pytest.fixture
def polled(make_mesh):
    """Three sites whose keys come from a central service."""
    plans = tuple(plan(host, central=True) for host in (ALPHA, BETA, GAMMA))
    return make_mesh(Topology(plans, directory=CENTRAL))


def share(mesh, path="/notes.txt", source=ALPHA, target=BETA):
    to = mesh.person(f"bob@{target}").address
    return mesh.run(mesh.person(f"alice@{source}").share(path, to))


def shown(mesh):
    """The keys that went to beta with shares, oldest first."""
    return [e.request.headers.get(KEY_HEADER) for e in mesh.transcript if e.request.url.endswith("/shares")]


def test_a_key_from_the_list_opens_the_door(listed):
    """Both sides have it from their operators; nobody asks anybody."""
    assert "pending" == share(listed).state
    (key,) = listed.site(BETA).records.shared_keys(ALPHA)
    assert [key.secret] == shown(listed)
    assert [ALPHA] == [k.host for k in listed.site(BETA).records.shared_keys()]


@pytest.mark.parametrize("key", [None, "", " ", "0" * 32, "\udcff"])
def test_no_key_and_a_wrong_one_are_refused(listed, key):
    """An empty one above all (FB-132)."""
    share(listed)
    request = next(e.request for e in listed.transcript if e.request.url.endswith("/shares"))
    headers = {n: v for n, v in request.headers.items() if n != KEY_HEADER}
    headers |= {} if key is None else {KEY_HEADER: key}
    port = listed.fabric.port("thief.example.org")
    answer = listed.run(port.send(Request("POST", request.url, headers, request.body)))

    assert 401 == answer.status


def test_a_provider_that_the_other_side_does_not_know_is_refused(listed):
    """A list is only as new as its operator."""
    for key in list(listed.site(BETA).records.shared_keys(ALPHA)):
        listed.site(BETA).pairing.retire(key.host)
    with pytest.raises(OcmError, match="401"):
        share(listed)


def test_a_key_is_changed_with_an_overlap(listed):
    """The old one is good for a while, so that the two sides need not change at one moment."""
    beta, alpha = listed.site(BETA).pairing, listed.site(ALPHA).pairing
    beta.retire(ALPHA, overlap=600)
    beta.enrol(ALPHA, "a brand-new key of 2026")
    assert "pending" == share(listed).state
    listed.advance(601)
    with pytest.raises(OcmError, match="401"):
        share(listed, "/papers/abstract.txt")
    alpha.enrol(BETA, "a brand-new key of 2026")

    assert "pending" == share(listed, "/papers/review.md").state
    assert "a brand-new key of 2026" == shown(listed)[-1]


def test_a_key_that_can_be_guessed_is_not_taken(listed):
    """Sixteen characters at least."""
    with pytest.raises(ValueError, match="16"):
        listed.site(ALPHA).pairing.enrol(BETA, "short")


def test_keys_survive_a_restart(listed):
    """They are records."""
    share(listed)
    before = list(listed.site(BETA).records.shared_keys())
    listed.crash(BETA)
    listed.restart(BETA)

    assert before == list(listed.site(BETA).records.shared_keys())
    assert "pending" == share(listed, "/papers/abstract.txt").state


def test_the_central_service_gives_a_key_to_each_pair(polled):
    """Both sides of a pair get the same, and no third site gets it."""
    share(polled)
    share(polled, source=GAMMA)
    found = {
        (host, key.host): key.secret
        for host in (ALPHA, BETA, GAMMA)
        for key in polled.site(host).pairing.good(ALPHA)
        if key.host != CENTRAL
    }

    assert found[BETA, ALPHA] in shown(polled)
    assert found[BETA, ALPHA] != found[GAMMA, ALPHA]
    assert 1 == len([e for e in polled.transcript if (e.source, e.target) == (ALPHA, CENTRAL)])


def test_keys_of_the_central_service_change_by_themselves(polled):
    """Days later the key is another, at no moment was anybody refused, and old keys are forgotten."""
    step = LIFETIME / 7
    for number in range(15):
        polled.person(f"alice@{ALPHA}").put(f"{number}.txt", b"x")
        assert "pending" == share(polled, f"/{number}.txt").state
        polled.advance(step)

    assert 3 <= len(set(shown(polled))) <= 4
    assert len(list(polled.site(BETA).records.shared_keys(ALPHA))) <= 2


def test_a_new_provider_is_known_as_soon_as_it_calls(make_mesh):
    """The called side asks the central service again, at most every half minute."""
    plans = tuple(plan(host, central=True) for host in (ALPHA, BETA, GAMMA))
    mesh = make_mesh(Topology(plans, directory=CENTRAL))
    account = next(mesh.site(CENTRAL).records.shared_keys(GAMMA))
    mesh.site(CENTRAL).pairing.retire(GAMMA)
    mesh.store(CENTRAL).commit([])
    share(mesh)
    for key in list(mesh.site(BETA).records.shared_keys(GAMMA)):
        mesh.site(BETA).pairing.retire(key.host)
    mesh.advance(60)
    mesh.site(CENTRAL).pairing.enrol(GAMMA, account.secret)

    assert "pending" == share(mesh, source=GAMMA).state


def test_without_the_central_service_all_goes_on_until_keys_end(polled):
    """A single point of failure: nobody is admitted any more once the last keys are over."""
    share(polled)
    polled.crash(CENTRAL)
    polled.advance(3600)
    assert "pending" == share(polled, "/papers/abstract.txt").state
    polled.advance(LIFETIME + OVERLAP)
    late = share(polled, "/papers/review.md")

    # Not refused, since nobody can know: it is offered until somebody can.
    assert "offered" == late.state
    polled.restart(CENTRAL)
    polled.advance(1800)
    assert "pending" == polled.site(ALPHA).sending.get(late.provider_id).state


@pytest.mark.parametrize(
    ("caller", "whose", "status"),
    [(ALPHA, ALPHA, 200), (ALPHA, BETA, 401), ("", ALPHA, 401), ("stranger.example.org", ALPHA, 401)],
)
def test_the_central_service_asks_who_wants_keys(polled, caller, whose, status):
    """Each site has a key to its account; it opens no other account."""
    key = next(polled.site(whose).records.shared_keys(CENTRAL)).secret
    request = Request("GET", f"https://{CENTRAL}{KEYS_PATH}", {KEY_HEADER: key, SITE_HEADER: caller})

    assert status == polled.run(polled.fabric.port("anybody.example.org").send(request)).status


def test_no_keys_are_handed_out_elsewhere(polled):
    """Only the central service has them."""
    request = Request("GET", f"https://{ALPHA}{KEYS_PATH}")

    assert 404 == polled.run(polled.fabric.port("x.example.org").send(request)).status


def test_a_key_is_not_printed(polled):
    """Not in a row that is logged (FB-131)."""
    share(polled)
    for _, _, row in polled.journal.rows(SHARED_KEYS):
        assert row.secret not in repr(row)


def test_no_report_shows_a_key(polled):
    """Neither the header with which it is shown, nor the answer with which it is handed out."""
    share(polled)
    out = StringIO()
    har.write(running.entries(polled.transcript), "0", out, running.secrets(polled))
    keys = [row.secret for _, _, row in polled.journal.rows(SHARED_KEYS)]

    assert len(keys) > 4
    assert [] == [key for key in keys if key in out.getvalue()]
