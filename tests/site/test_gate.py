"""Who is let in: signatures and policy."""

import json

import pytest
from msgspec.structs import replace

from meshsim.faults import PASS, Answer
from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey
from meshsim.site import gate
from meshsim.site.gate import Gate
from meshsim.wire import NetworkError, Request, Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def signed(mesh, alice, bob):
    """A signed request that beta took from alpha."""
    mesh.run(alice.share("/notes.txt", bob.address))
    return next(e.request for e in mesh.transcript if e.request.url.endswith("/shares"))


def admit(mesh, request, claimed=ALPHA, endpoint="shares", **facts):
    return mesh.run(mesh.site(BETA).gate.admit(request, endpoint, claimed, **facts))


def status(mesh, *args, **facts):
    with pytest.raises(OcmError) as refusal:
        admit(mesh, *args, **facts)
    return refusal.value.status


def test_a_signature_proves_who_sent_it(mesh, signed):
    """The host whose published key made it."""
    assert ALPHA == admit(mesh, signed)


def test_a_signature_of_somebody_else_proves_nothing(mesh, signed):
    """The key is looked for at the claimed server (OCM-SIG-079)."""
    assert 401 == status(mesh, signed, claimed=BETA)


def test_what_was_altered_is_refused(mesh, signed):
    """Body, address and method are covered (OCM-SIG-060 to 063, 069, 078)."""
    assert 400 == status(mesh, replace(signed, body=signed.body + b" "))
    assert 401 == status(mesh, replace(signed, url=signed.url + "?x"))
    assert 401 == status(mesh, replace(signed, method="PUT"))
    headers = {name: value for name, value in signed.headers.items() if "signature" not in name}
    assert 401 == status(mesh, replace(signed, headers=headers))


def test_what_is_old_is_refused(mesh, signed):
    """A signature is good for five minutes (OCM-SIG-067)."""
    mesh.advance(299)
    assert ALPHA == admit(mesh, signed)
    mesh.advance(10)

    assert 401 == status(mesh, signed)


def test_a_clock_that_is_too_wrong_is_told(make_mesh):
    """Sixty seconds ahead are borne, more are not (OCM-SIG-066)."""
    for seconds, works in ((50.0, True), (120.0, False), (-400.0, False)):
        plans = (Plan(ALPHA, clock="offset", clock_options={"seconds": seconds}), Plan(BETA))
        mesh = make_mesh(Topology(plans))
        alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
        share = alice.share("/notes.txt", bob.address)
        if works:
            assert "pending" == mesh.run(share).state
        else:
            with pytest.raises(OcmError, match="401"):
                mesh.run(share)


def test_who_cannot_be_found_cannot_be_checked(mesh, signed):
    """Not admitted, whether it exists or not."""
    assert status(mesh, signed, claimed="nobody.example.org") in (401, 503)


def test_a_policy_refuses_with_its_own_status(make_mesh):
    """Where policy plug-ins say no, their reason is what the peer hears."""
    policies = (("denylist", {"hosts": [ALPHA]}),)
    mesh = make_mesh(Topology((Plan(ALPHA), Plan(BETA, policies=policies))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    with pytest.raises(OcmError, match=r"403: .* is on the denylist"):
        mesh.run(alice.share("/notes.txt", bob.address))


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (Response(404), 401),
        (Response(200, {}, b"<html>"), 503),
        (Response(500), 503),
        (Response(200, {"content-type": "application/json"}, b'{"keys": []}'), 401),
    ],
    ids=["none", "garbled", "broken", "empty"],
)
def test_unsure_is_not_no(mesh, alice, bob, answer, refused):
    """401 only for what is surely not the sender; what cannot be checked now may be sent again."""
    mesh.run(alice.share("/notes.txt", bob.address))
    request = next(e.request for e in mesh.transcript if e.request.url.endswith("/shares"))
    mesh.crash(BETA)
    mesh.restart(BETA)

    def instead(envelope, rng):
        about_keys = envelope.request.url.endswith("/ocm/jwks")
        no_server = answer.status == 404 and "ocm" in envelope.request.url
        return Answer(answer) if envelope.response is None and (about_keys or no_server) else PASS

    mesh.fabric.add_fault("instead", instead)

    assert refused == status(mesh, request)


def test_a_site_that_signs_is_held_to_it_at_every_endpoint(mesh, signed):
    """Without a signature it was not that server, whatever is asked (OCM-SIG-010)."""
    bare = replace(signed, headers={"content-type": "application/json"})
    for endpoint in ("shares", "invite-accepted", "notifications", "token"):
        assert 401 == status(mesh, bare, endpoint=endpoint)


def test_unsigned_token_requests_are_taken_only_where_a_site_says_so(make_mesh):
    """The draft has none (OCM-TOK-003); `unsigned_tokens` is for peers that cannot sign."""
    for unsigned, found in ((False, 401), (True, 200)):
        plans = (
            Plan(ALPHA, settings={"unsigned_tokens": unsigned}),
            Plan(BETA, dialect_options={"signed": False}),
        )
        mesh = make_mesh(Topology(plans))
        alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
        mesh.run(alice.share("/notes.txt", bob.address))
        mesh.run(bob.read(mesh.run(bob.accept(bob.received()[0]))))
        (asked,) = [e for e in mesh.transcript if e.request.url.endswith("/ocm/token")]

        assert found == asked.response.status


def unsigned(host, *policies, **options):
    return Plan(host, dialect_options={"signed": False}, policies=policies, **options)


def post(mesh, source, headers=None, sender=ALPHA, number=0):
    """A share as somebody sends it without signing; the status that beta answers."""
    body = {
        "shareWith": f"bob@{BETA}",
        "name": "n.txt",
        "providerId": f"p{number}",
        "owner": f"alice@{sender}",
        "sender": f"alice@{sender}",
        "shareType": "user",
        "resourceType": "file",
        "protocol": {"name": "multi", "webdav": {"uri": "x", "sharedSecret": "s", "permissions": ["read"]}},
    }
    headers = {"content-type": "application/json", **(headers or {})}
    request = Request("POST", f"https://{BETA}/ocm/shares", headers, json.dumps(body).encode())
    return mesh.run(mesh.fabric.port(source).send(request))


def test_nothing_is_found_out_that_nobody_asks_for(make_mesh, monkeypatch):
    """A site without policies pays nothing for those of others."""
    mesh = make_mesh(Topology((unsigned(ALPHA), unsigned(BETA))))
    monkeypatch.setattr(Gate, "_find", None)

    assert 201 == post(mesh, ALPHA).status


def test_the_caller_is_looked_up_in_reverse_and_back(make_mesh):
    """Neither another address nor a name that its owner made up passes."""
    mesh = make_mesh(Topology((unsigned(ALPHA), unsigned(BETA, "reverse"))))
    assert 201 == post(mesh, ALPHA, number=1).status
    assert 403 == post(mesh, "honest.example.org", number=2).status
    mesh.fabric.hosts.rename(mesh.fabric.address_of("evil.example.org"), ALPHA)
    assert "is at another address" in post(mesh, "evil.example.org", number=3).body.decode()
    assert 403 == post(mesh, "evil.example.org", {"x-forwarded-for": "10.0.0.1"}, number=4).status


class Counting:
    """A name service that counts how often it is asked."""

    def __init__(self, names):
        self._names, self.asked = names, []

    async def names(self, address):
        self.asked.append(address)
        return await self._names.names(address)

    async def addresses(self, name):
        self.asked.append(name)
        return await self._names.addresses(name)


@pytest.fixture
def counted(make_mesh):
    """A mesh whose beta looks its callers up, and what it asks."""
    mesh = make_mesh(Topology((unsigned(ALPHA), unsigned(BETA, "reverse"))))
    site = mesh.site(BETA)
    site.ports = replace(site.ports, names=Counting(mesh.fabric.hosts))
    return mesh, site.ports.names.asked


def test_what_was_looked_up_is_believed_for_five_minutes(counted):
    """Then it is looked up again."""
    mesh, asked = counted
    here = mesh.fabric.address_of(ALPHA)
    for number in range(3):
        assert 201 == post(mesh, ALPHA, number=number).status
    assert [here, ALPHA] == asked
    mesh.advance(301.0)
    assert 201 == post(mesh, ALPHA, number=3).status

    assert [here, ALPHA] * 2 == asked


def test_who_has_no_name_is_looked_up_each_time(counted):
    """One may be given soon."""
    mesh, asked = counted
    nameless = mesh.fabric.address_of("evil.example.org")
    mesh.fabric.hosts.rename(nameless, None)
    assert [403, 403] == [post(mesh, "evil.example.org", number=n).status for n in range(2)]

    assert 2 == asked.count(nameless)


def test_so_many_callers_are_remembered_and_no_more(counted, monkeypatch):
    """The oldest is forgotten first."""
    monkeypatch.setattr(gate, "MOST_NAMES", 3)
    mesh, asked = counted
    for number, caller in enumerate((ALPHA, "a.example.org", "b.example.org", "c.example.org", ALPHA)):
        post(mesh, caller, number=number)

    assert 2 == asked.count(mesh.fabric.address_of(ALPHA))
    assert 3 == len(mesh.site(BETA).gate._looked_up)


def test_what_was_done_in_2021_believes_a_header(make_mesh):
    """X-Forwarded-For decides, whoever wrote it (FB-013)."""
    mesh = make_mesh(Topology((unsigned(ALPHA), unsigned(BETA, "reverse_2021"))))
    here = mesh.fabric.address_of(ALPHA)
    assert 201 == post(mesh, ALPHA, number=1).status
    assert 401 == post(mesh, "evil.example.org", number=2).status
    assert 201 == post(mesh, "evil.example.org", {"x-forwarded-for": here}, number=3).status
    assert 401 == post(mesh, "evil.example.org", {"x-forwarded-for": f"{here}, 10.9.9.9"}, number=4).status


class Deaf:
    """A name service that is down."""

    async def names(self, address):
        raise NetworkError("timeout")

    addresses = names


def test_a_name_service_that_is_down_refuses_nobody_for_good(make_mesh):
    """503, so that it is asked again."""
    mesh = make_mesh(Topology((unsigned(ALPHA), unsigned(BETA, "reverse"))))
    site = mesh.site(BETA)
    site.ports = replace(site.ports, names=Deaf())
    answer = post(mesh, ALPHA)

    assert (503, "30") == (answer.status, answer.headers["retry-after"])


def test_too_many_requests_are_answered_429_and_nobody_else_suffers(make_mesh):
    """Told apart by address, so that nobody uses up what is another's."""
    limit = ("rate", {"per_minute": 60, "burst": 5, "spare": 0})
    mesh = make_mesh(Topology((unsigned(ALPHA), unsigned(BETA, limit))))
    answers = [post(mesh, "evil.example.org", number=n) for n in range(10)]

    assert 429 == answers[-1].status
    assert "1" == answers[-1].headers["retry-after"]
    assert 201 == post(mesh, ALPHA, number=99).status


def test_webdav_is_not_limited(make_mesh):
    """The paper limits what is said about shares, never what is read of them."""
    limit = ("rate", {"per_minute": 1, "burst": 1, "spare": 0})
    mesh = make_mesh(Topology((unsigned(ALPHA, limit), unsigned(BETA))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    mesh.run(alice.share("/notes.txt", bob.address))
    share = mesh.run(bob.accept(bob.received()[0]))
    for _ in range(50):
        mesh.run(bob.read(share))


def test_the_token_endpoint_says_when_to_come_again(make_mesh):
    """Its errors are of another form, and have the header all the same."""
    limit = ("rate", {"per_minute": 1, "burst": 1, "spare": 0})
    mesh = make_mesh(Topology((Plan(ALPHA, policies=(limit,)), Plan(BETA))))
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"grant_type=authorization_code&client_id={BETA}&code=x".encode()
    request = Request("POST", f"https://{ALPHA}/ocm/token", form, body)
    port = mesh.fabric.port("anybody.example.org")
    answers = [mesh.run(port.send(request)) for _ in range(2)]

    assert [401, 429] == [answer.status for answer in answers]
    assert "60" == answers[1].headers["retry-after"]


def test_a_key_is_pinned_at_first_use_and_held_to(make_mesh):
    """Also after a restart, until the operator forgets it."""
    mesh = make_mesh(Topology((Plan(ALPHA), Plan(BETA, policies=("pinned",)))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    mesh.run(alice.share("/notes.txt", bob.address))
    assert mesh.site(ALPHA).key.public.thumbprint() == mesh.site(BETA).records.pin(ALPHA).key
    mesh.crash(BETA)
    mesh.restart(BETA)
    mesh.site(ALPHA).key = PrivateKey.from_seed(f"{ALPHA}#2", b"2" * 32)
    with pytest.raises(OcmError, match=r"403: .* another key before"):
        mesh.run(alice.share("/papers/abstract.txt", bob.address))
    mesh.site(BETA).gate.unpin(ALPHA)

    assert "pending" == mesh.run(alice.share("/papers/review.md", bob.address)).state


def test_members_of_a_directory_come_in(make_mesh):
    """Who is not in it does not; without any list nobody knows, and 503 says so."""
    directory = "directory.example.org"
    plans = (Plan(ALPHA), Plan(BETA, policies=("member",)))
    mesh = make_mesh(Topology(plans, directory=directory))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    with pytest.raises(OcmError, match=r"403: .* in no directory"):
        mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(mesh.site(ALPHA).listing.register())
    mesh.advance(3600)
    assert "pending" == mesh.run(alice.share("/papers/abstract.txt", bob.address)).state
    mesh.crash(BETA)
    mesh.crash(directory)
    mesh.restart(BETA)
    late = mesh.run(alice.share("/papers/review.md", bob.address))
    assert "offered" == late.state
    mesh.restart(directory)
    mesh.advance(600)

    assert "pending" == mesh.site(ALPHA).sending.get(late.provider_id).state


def test_discovery_tells_what_the_policies_demand(make_mesh):
    """A criterion is what nobody gets in without; one of several ways in is none."""
    policies = (("denylist", {"hosts": []}), ("any", "signed", "invited"), ("all", "invited"))
    site = make_mesh(Topology((Plan(ALPHA), Plan(BETA, policies=policies)))).site(BETA)

    assert ("denylist", "must-invite") == site.discovery.criteria
