"""Notifications (draft section 8), in both directions."""

import pytest

from conformance import needs, requirement

REFUSED = (400, 401, 403, 404, 409)
TAKEN = (200, 201, 202, 204)
NOTES = needs(capability="notifications")


def provider_id(document):
    """Which share a notification is about: where it stands since 1.5, or stood before."""
    inner = document.get("notification")
    file = inner.get("file") if isinstance(inner, dict) else None
    return file.get("providerId") if isinstance(file, dict) else document.get("providerId")


@requirement("OCM-NOTIF-021")
@NOTES
def test_a_notification_is_taken(site, peer, user):
    """201, for a share that the site holds."""
    share = peer.give(site)

    assert 201 == peer.notify(site, "SHARE_UNSHARED", share["providerId"]).status_code


@requirement("OCM-NOTIF-023")
@NOTES
def test_an_unknown_share_is_refused(site, peer):
    """Any 4xx."""
    assert peer.notify(site, "SHARE_UNSHARED", "p-nobody").status_code in REFUSED


@requirement("OCM-NOTIF-020")
@pytest.mark.parametrize("member", ["notificationType", "senderDomain"])
@NOTES
def test_a_missing_member_is_refused(site, peer, member):
    """400 for each of them."""
    share = peer.give(site)

    assert 400 == peer.notify(site, "SHARE_UNSHARED", share["providerId"], **{member: None}).status_code


@requirement("OCM-NOTIF-017")
@NOTES
def test_a_notification_about_nothing_is_refused(site, peer):
    """Neither resourceType nor shareType."""
    share = peer.give(site)

    assert 400 == peer.notify(site, "SHARE_UNSHARED", share["providerId"], resourceType=None).status_code


@requirement("OCM-NOTIF-033")
@NOTES
def test_another_resource_type_is_refused(site, peer, user):
    """It equals that of the share; what is refused changes nothing."""
    share = peer.give(site, user.name)
    answer = peer.notify(site, "SHARE_UNSHARED", share["providerId"], resourceType="folder")

    assert 400 == answer.status_code
    assert user.has(share)


@requirement("OCM-NOTIF-034")
@NOTES
def test_another_share_type_is_refused(site, peer):
    """If it is there, it equals that of the share."""
    share = peer.give(site)

    assert 400 == peer.notify(site, "SHARE_UNSHARED", share["providerId"], shareType="group").status_code


@requirement("OCM-NOTIF-037", "OCM-NOTIF-036")
@pytest.mark.parametrize("member", ["notification", "notification__file", "notification__file__providerId"])
@NOTES
def test_a_notification_without_its_share_is_refused(site, peer, member):
    """notification.file.providerId says which it is."""
    share = peer.give(site)

    assert 400 == peer.notify(site, "SHARE_UNSHARED", share["providerId"], **{member: None}).status_code


@requirement("OCM-NOTIF-019", "OCM-NOTIF-022")
@NOTES
def test_an_unknown_type_is_refused(site, peer):
    """400 or 501, with a message."""
    # Before 1.2, whoever does not show a secret is refused for that.
    answer = peer.notify(site, "X_NONE", peer.give(site)["providerId"] if peer.old else "p-1")

    assert answer.status_code in (400, 501)
    assert isinstance(answer.document.get("message"), str)


@requirement("OCM-LEG-019")
@pytest.mark.parametrize("kind", ["RESHARE_UNDO", "RESHARE_CHANGE_PERMISSION"])
@NOTES
def test_old_types_do_no_harm(site, peer, kind, observe):
    """Never 5xx but 501."""
    share = peer.give(site)
    answer = peer.notify(site, kind, share["providerId"])
    observe(f"{kind}: {answer.status_code}")

    assert answer.status_code < 502
    assert answer.status_code != 500


@requirement("OCM-NOTIF-013")
@needs(capability=("notifications", "http-sig"))
def test_nobody_else_ends_a_share(site, peer, other, user):
    """Validly signed by a server that did not give it."""
    share = peer.give(site, user.name)
    answer = other.notify(site, "SHARE_UNSHARED", share["providerId"])

    assert answer.status_code in REFUSED
    assert user.has(share)


@requirement("OCM-NOTIF-013", "OCM-SEC-001")
@needs(capability=("notifications", "http-sig"))
def test_an_id_is_that_of_its_sender(site, peer, other, user):
    """Two servers use one providerId; the end of one share is not that of the other."""
    first = peer.give(site, user.name)
    second = other.give(site, user.name, providerId=first["providerId"])
    other.notify(site, "SHARE_UNSHARED", second["providerId"])

    assert peer.address in {entry["sender"] for entry in user.act("inbox")}


@requirement("OCM-NOTIF-012")
@needs(capability=("notifications", "http-sig"))
def test_the_key_is_that_of_the_sender_domain(site, peer, other):
    """Signed by one, from another."""
    share = peer.give(site)
    answer = other.notify(site, "SHARE_UNSHARED", share["providerId"], senderDomain=peer.host)

    assert answer.status_code in (400, 401, 403)


@requirement("OCM-NOTIF-032")
@NOTES
def test_what_was_taken_back_is_gone(site, peer, user, observe):
    """The recipient may be told, or just not find it any more."""
    share = peer.give(site, user.name)
    peer.notify(site, "SHARE_UNSHARED", share["providerId"])
    observe(f"after SHARE_UNSHARED the share is {'still there' if user.has(share) else 'gone'}")


@requirement("OCM-NOTIF-040")
@NOTES
def test_new_rights_count(site, peer, user):
    """After SHARE_CHANGE_PERMISSION the inbox shows them."""
    share = peer.give(site, user.name)
    more = {"notification__file__permissions": ["read", "write"]}
    assert peer.notify(site, "SHARE_CHANGE_PERMISSION", share["providerId"], **more).status_code in TAKEN

    assert {"read", "write"} == set(user.received(share)["permissions"])


@requirement("OCM-NOTIF-041")
@NOTES
def test_folders_are_notified_alike(site, peer, user):
    """With the key file, as far as the text goes."""
    share = peer.give(site, user.name, resourceType="folder")
    answer = peer.notify(site, "SHARE_UNSHARED", share["providerId"], resourceType="folder")

    assert answer.status_code in TAKEN


@requirement("OCM-NOTIF-075")
@needs(capability=("notifications", "http-sig"))
def test_nobody_is_removed_by_strangers(site, peer, other, user):
    """USER_REMOVED about a user of another server."""
    share = peer.give(site, user.name)
    document = {
        "notificationType": "USER_REMOVED",
        "senderDomain": other.host,
        "shareType": "user",
        "notification": {"user": {"userId": peer.address}},
    }
    other.post(site.url("notifications"), document)

    assert user.has(share)


@requirement("OCM-NOTIF-072")
@NOTES
def test_a_removal_has_no_resource_type(site, peer):
    """400 where it has one."""
    document = {
        "notificationType": "USER_REMOVED",
        "senderDomain": peer.host,
        "shareType": "user",
        "resourceType": "file",
        "notification": {"user": {"userId": peer.address}},
    }

    assert 400 == peer.post(site.url("notifications"), document).status_code


def request_share(peer, site, **changes):
    """A REQUEST_SHARE of the peer's user for a file at the site."""
    file = {
        "owner": site.address("alice"),
        "shareWith": peer.address,
        "shareId": "ref-1",
        "permissions": ["read"],
    }
    file |= changes
    document = {
        "notificationType": "REQUEST_SHARE",
        "senderDomain": peer.host,
        "resourceType": "file",
        "notification": {"file": {name: value for name, value in file.items() if value is not None}},
    }
    return peer.post(site.url("notifications"), document)


@requirement("OCM-NOTIF-060")
@pytest.mark.parametrize("member", ["owner", "shareWith", "shareId", "permissions"])
@NOTES
def test_a_request_for_a_share_is_whole(site, peer, member):
    """400 for each that is missing; 501 where such requests are not known."""
    assert request_share(peer, site, **{member: None}).status_code in (400, 501)


@requirement("OCM-NOTIF-066")
@NOTES
def test_a_request_for_what_is_not_there(site, peer):
    """404, or another refusal."""
    answer = request_share(peer, site, owner=site.address("nobody"))

    assert answer.status_code in (400, 403, 404, 501)


# What the site says


@requirement("OCM-NOTIF-001", "OCM-NOTIF-030", "OCM-FLOW-001")
@NOTES
def test_who_accepts_says_so(site, peer, user, observe):
    """SHARE_ACCEPTED below the endPoint of the sender, if it is told at all."""
    share = peer.give(site, user.name)
    user.act("accept", user.received(share)["key"])
    user.link.settle()
    told = [document["notificationType"] for document in peer.posts("notifications")]
    observe(f"after acceptance the sender is told: {', '.join(told) or 'nothing'}")

    assert set(told) <= {"SHARE_ACCEPTED"}


@requirement("OCM-NOTIF-035")
@pytest.mark.parametrize(("verb", "kind"), [("accept", "SHARE_ACCEPTED"), ("decline", "SHARE_DECLINED")])
@NOTES
def test_answers_have_their_types(site, peer, user, verb, kind):
    """And carry the providerId of the share."""
    share = peer.give(site, user.name)
    user.act(verb, user.received(share)["key"])
    user.link.settle()

    assert [(kind, share["providerId"])] == [
        (d["notificationType"], provider_id(d)) for d in peer.posts("notifications")
    ]


@requirement("OCM-NOTIF-031", "OCM-FLOW-002")
@NOTES
def test_who_takes_back_says_so(peer, user, observe):
    """SHARE_UNSHARED, if it is told at all."""
    share = user.shares(peer)
    user.act("unshare", share["providerId"])
    user.link.settle()
    observe(
        f"after unshare the recipient is told: {[d['notificationType'] for d in peer.posts('notifications')]}"
    )


@requirement("OCM-NOTIF-070")
@needs(capability=("notifications", "invites"))
def test_who_ends_a_contact_says_so(site, peer, user, observe):
    """USER_REMOVED, if it is told at all."""
    peer.meet(site, user.name)
    user.act("remove_contact", peer.address)
    user.link.settle()
    observe(f"after the end of a contact: {[d['notificationType'] for d in peer.posts('notifications')]}")
