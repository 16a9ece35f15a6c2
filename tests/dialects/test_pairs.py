"""Which accents understand each other, at running sites, and what is said where they do not."""

import pytest

from meshsim import plugins
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError
from meshsim.ocm.lifecycle import Deal, Share

ACCENTS = {
    "standard": ("standard", {}),
    "strict": ("standard", {"legacy_discovery": False}),
    "1.1": ("ocm_1_1", {}),
    "1.0": ("ocm_1_0", {}),
    "1.0 signed": ("ocm_1_0", {"signed": True}),
}

NEW = ("standard", "strict")
OLD = ("1.1", "1.0", "1.0 signed")
UNFOUND = "discovery of"
"""1.0 and 1.1 look for /ocm-provider only, which a server that goes by the letter of 1.5 does not have."""


def expected(sender: str, receiver: str) -> dict[str, str]:
    """Why each act is refused; "" where it works. The invite goes from sender to receiver."""
    acts = dict.fromkeys(("invite", "share", "read", "write", "change", "unshare"), "")
    acts["exchange"] = "" if sender in NEW and receiver in NEW else "token exchange is not known to both"
    if sender.startswith("1.0") or receiver.startswith("1.0"):
        acts["invite"] = "does not know invites"
    elif receiver == "1.1" and sender == "strict":
        acts["invite"] = "no answer from alpha.example.org yet: discovery of alpha.example.org failed"
    if receiver == "strict" and sender in OLD:
        acts |= dict.fromkeys(("share", "exchange", "read", "write", "change", "unshare"), UNFOUND)
    if sender == "strict" and receiver in OLD:
        acts |= dict.fromkeys(("share", "read", "write", "change", "unshare"), "looks for /ocm-provider")
    return acts


def attempt(mesh, work):
    try:
        mesh.run(work)
    except OcmError as error:
        return str(error)
    return ""


def pair(sender, receiver):
    plans = [
        Plan(f"{name}.example.org", dialect=ACCENTS[accent][0], dialect_options=ACCENTS[accent][1])
        for name, accent in (("alpha", sender), ("beta", receiver))
    ]
    mesh = Mesh(Topology(tuple(plans)))
    return mesh, mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")


@pytest.mark.parametrize("receiver", ACCENTS)
@pytest.mark.parametrize("sender", ACCENTS)
def test_a_pair_of_accents_does_what_it_can_and_says_why_not(sender, receiver):
    """Invite, share, read, write, change and unshare work, or the refusal names the reason."""
    mesh, alice, bob = pair(sender, receiver)
    wanted = expected(sender, receiver)

    async def invite():
        await bob.accept_invite(alice.invite())

    found = {"invite": attempt(mesh, invite()), "share": attempt(mesh, alice.share("/papers", bob.address))}
    for act in ("read", "write", "change", "unshare"):
        found[act] = found["share"]
    if not found["share"]:
        share, (received,) = alice.given()[0], bob.received()
        received = mesh.run(bob.accept(received))
        found["read"] = attempt(mesh, bob.read(received, "abstract.txt"))
        found["change"] = attempt(mesh, alice.change_permissions(share, ("read", "write")))
        assert ("read", "write") == bob.received()[0].permissions
        found["write"] = attempt(mesh, bob.write(received, "new.txt", b"1"))
        found["unshare"] = attempt(mesh, alice.unshare(alice.given()[0]))
        assert [] == bob.received()
    found["exchange"] = attempt(mesh, alice.share("/notes.txt", bob.address, require_exchange=True))

    for act, reason in wanted.items():
        assert bool(reason) == bool(found[act]), (act, found[act])
        assert reason in found[act], act
    assert mesh.settle()


@pytest.mark.parametrize("sender", ["standard", "1.1", "1.0", "1.0 signed"])
def test_acceptance_reaches_a_sender_of_any_accent(sender):
    """A notification of 1.5 carries what older servers look for, too."""
    mesh, alice, bob = pair(sender, "standard")
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.accept(bob.received()[0]))

    assert Share.ACCEPTED is alice.given()[0].state


@pytest.mark.parametrize("receiver", ACCENTS)
@pytest.mark.parametrize("sender", ACCENTS)
def test_a_request_for_a_share_is_put_to_the_owner_or_refused_with_the_reason(sender, receiver):
    """It came with 1.3: nobody waits for an answer to what one of the two has no words for."""
    mesh, alice, bob = pair(sender, receiver)
    wish = mesh.run(bob.ask_share(alice.address, alice.site.wishing.reference("alice", "notes.txt")))
    mesh.settle()

    if sender in NEW and receiver in NEW:
        assert [Deal.OPEN, Deal.OPEN] == [w.state for w in (wish, *alice.asked())]
    else:
        assert Deal.REFUSED is wish.state
        assert "which has no REQUEST_SHARE" in wish.reason or "answered 403" in wish.reason
        assert [] == alice.asked()
    assert plugins.load("invariants", "same_story")()(mesh.facts()).ok


@pytest.mark.parametrize("receiver", ["standard", *OLD])
@pytest.mark.parametrize("sender", ["standard", *OLD])
def test_a_share_is_passed_on_by_who_gave_it(sender, receiver):
    """Old servers ask for it with the secret of the share; the sender gives the new share itself."""
    mesh, alice, bob = pair(sender, receiver)
    mesh.run(alice.share("/notes.txt", bob.address, permissions=("read", "share")))
    received = mesh.run(bob.accept(bob.received()[0]))
    carol = OcmAddress("carol", "beta.example.org")
    wish = mesh.run(bob.site.wishing.ask_reshare("bob", received.key, carol))

    assert (Deal.DONE, "") == (wish.state, wish.reason)
    assert {"bob", "carol"} == {share.recipient.user for share in alice.given()}


def test_old_signatures_are_checked():
    """A server that signs in the old way refuses what a peer of its kind did not sign."""
    mesh, alice, bob = pair("1.0 signed", "1.0 signed")
    mesh.run(alice.share("/notes.txt", bob.address))
    offer = next(e.request for e in mesh.transcript if e.request.url.endswith("/shares"))

    assert 'algorithm="rsa-sha256"' in offer.headers["signature"]

    async def forge(headers):
        from meshsim.wire import Request

        body = offer.body.replace(b"notes.txt", b"other.txt")
        return await mesh.fabric.port("gamma.example.org").send(Request("POST", offer.url, headers, body))

    bare = {"content-type": "application/json"}

    assert 401 == mesh.run(forge(bare)).status
    assert mesh.run(forge(offer.headers)).status in (400, 401)
    assert 1 == len(bob.received())
