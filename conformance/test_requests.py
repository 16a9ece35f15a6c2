"""Asking for a share, and for passing one on (draft section 8)."""

from conformance import Blocked, Unsupported, needs, requirement

NOTES = needs(capability="notifications")


def ask(site, peer, user):
    """The answer to a REQUEST_SHARE of the peer's user for a file of ours."""
    if site.version < (1, 3):
        raise Unsupported("nobody asks for shares before API 1.3")
    file = {
        "owner": user.address,
        "shareWith": peer.address,
        "shareId": user.act("reference", "/notes.txt"),
        "permissions": ["read"],
    }
    document = {
        "notificationType": "REQUEST_SHARE",
        "senderDomain": peer.host,
        "resourceType": "file",
        "notification": {"file": file},
    }
    return peer.post(site.url("notifications"), document)


def asked(user, peer):
    """The requests of the peer that its owner finds."""
    return [wish for wish in user.act("asked") if wish["peer"] == peer.host]


def decide(answer, user, peer, agree):
    """What the owner makes of the only request, which got `answer`; Blocked if there is none."""
    if answer.status_code in (400, 501):
        raise Unsupported("the site takes no requests for shares")
    wishes = asked(user, peer)
    if len(wishes) != 1:
        raise Blocked(f"the owner finds {len(wishes)} requests")
    user.act("answer", wishes[0]["key"], agree)
    user.link.settle()


@requirement("OCM-NOTIF-062")
@NOTES
def test_a_request_is_taken_and_put_to_the_owner(site, peer, user):
    """201 at once; the owner finds it."""
    assert 201 == ask(site, peer, user).status_code
    assert 1 == len(asked(user, peer))


@requirement("OCM-NOTIF-063")
@NOTES
def test_a_request_that_is_granted_is_a_share(site, peer, user):
    """For whom it was asked."""
    decide(ask(site, peer, user), user, peer, agree=True)

    assert [peer.address] == [document["shareWith"] for document in peer.posts("shares")]


@requirement("OCM-NOTIF-064")
@NOTES
def test_a_request_that_is_refused_is_declined(site, peer, user):
    """SHARE_DECLINED, and no share."""
    decide(ask(site, peer, user), user, peer, agree=False)

    assert ["SHARE_DECLINED"] == [document["notificationType"] for document in peer.posts("notifications")]
    assert [] == peer.posts("shares")


@requirement("OCM-NOTIF-065")
@NOTES
def test_a_request_may_be_declined_by_policy(site, peer, user, observe):
    """Or be put to the owner."""
    observe(f"a request for a share is answered {ask(site, peer, user).status_code}")


def ask_reshare(site, peer, share, to):
    """The answer to a REQUEST_RESHARE."""
    return peer.notify(
        site,
        "REQUEST_RESHARE",
        share["providerId"],
        notification__file__shareWith=to.address,
        notification__file__permissions=["read"],
    )


@requirement("OCM-NOTIF-052")
@NOTES
def test_a_reshare_is_a_share_of_the_owner(site, peer, other, user):
    """With an id and a secret of its own."""
    share = user.shares(peer, permissions=["read", "share"])
    ask_reshare(site, peer, share, other)
    user.link.settle()
    (given,) = other.posts("shares") or [None]

    assert given is not None
    assert other.address == given["shareWith"]
    assert share["providerId"] != given["providerId"]
    assert site.access(share)[1] != site.access(given)[1]


@requirement("OCM-NOTIF-051")
@NOTES
def test_a_reshare_without_the_right_is_refused_or_ignored(site, peer, other, user):
    """The share has no permission share."""
    share = user.shares(peer, permissions=["read"])
    ask_reshare(site, peer, share, other)
    user.link.settle()

    assert [] == other.posts("shares")


@requirement("OCM-NOTIF-055")
@NOTES
def test_who_asks_for_a_reshare_gets_an_answer(site, peer, other, user):
    """A status that says something."""
    share = user.shares(peer, permissions=["read", "share"])

    assert ask_reshare(site, peer, share, other).status_code not in (0, 500)
