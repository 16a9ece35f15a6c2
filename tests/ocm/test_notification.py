"""Notifications: what each type carries, and the form before 1.5."""

import pytest

from meshsim.ocm import document
from meshsim.ocm import notification as note
from meshsim.ocm.errors import OcmError
from meshsim.ocm.notification import Notification

FILE = {"file": {"providerId": "sh-1"}}
ASK = {"owner": "al@a.example", "shareWith": "bo@b.example", "shareId": "r", "permissions": ["read"]}


def made(kind, detail=FILE, **changes):
    base = {
        "notificationType": kind,
        "senderDomain": "b.example",
        "resourceType": "file",
        "notification": detail,
    }
    return {name: value for name, value in {**base, **changes}.items() if value is not ...}


def problems(document_):
    try:
        document.convert(document_, Notification)
    except OcmError as error:
        return [problem.name for problem in error.problems]
    return []


GOOD = [
    made(note.SHARE_ACCEPTED),
    made(note.SHARE_DECLINED, shareType="user"),
    made(note.SHARE_UNSHARED, resourceType="folder"),
    made(
        note.SHARE_CHANGE_PERMISSION, {"file": {"providerId": "s", "permissions": ["read"]}, "message": "m"}
    ),
    made(note.REQUEST_RESHARE, {"file": {"providerId": "s", "shareWith": "c@c.example"}}),
    made(note.REQUEST_SHARE, {"file": ASK}),
    made(note.USER_REMOVED, {"user": {"userId": "bo@b.example"}}, resourceType=..., shareType="user"),
    made(note.GROUP_REMOVED, {"group": {"groupId": "lab@b.example"}}, resourceType=..., shareType="group"),
    made(note.GROUP_REMOVED, {"group": {"groupId": "lab"}}, resourceType=..., shareType="group"),
    made(note.SHARE_ACCEPTED, ..., providerId="sh-1"),
    made(note.SHARE_UNSHARED, {"folder": {"providerId": "sh-1"}}, resourceType="folder"),
    made("X_UNKNOWN", {"anything": 1}),
]


@pytest.mark.parametrize("good", GOOD, ids=lambda d: d["notificationType"])
def test_every_type_of_1_5_is_read_and_written(good):
    """In both directions; an unknown type is left to who is asked to act on it."""
    assert [] == problems(good)
    value = document.convert(good, Notification)

    assert value == document.convert(document.plain(value), Notification)


def test_every_type_has_a_good_example():
    """None is forgotten above."""
    assert set(note.TYPES) <= {good["notificationType"] for good in GOOD}


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (made(note.SHARE_ACCEPTED, ...), "notification.file"),
        (made(note.SHARE_ACCEPTED, {}), "notification.file"),
        (made(note.SHARE_ACCEPTED, {"file": {}}), "notification.file.providerId"),
        (made(note.SHARE_ACCEPTED, {"file": {"providerId": 1}}), "notification.file.providerId"),
        (made(note.SHARE_ACCEPTED, resourceType=...), "resourceType"),
        (made(note.SHARE_ACCEPTED, resourceType=..., shareType="user"), "resourceType"),
        (made(note.SHARE_ACCEPTED, senderDomain=...), "senderDomain"),
        (made(note.SHARE_ACCEPTED, senderDomain="https://b.example"), "senderDomain"),
        (made(note.SHARE_ACCEPTED, notificationType=...), "notificationType"),
        (
            made(note.SHARE_CHANGE_PERMISSION, {"file": {"providerId": "s", "permissions": ["x"]}}),
            "notification.file.permissions",
        ),
        (made(note.REQUEST_RESHARE), "notification.file.shareWith"),
        (made(note.REQUEST_RESHARE, ..., providerId="sh-1"), "notification.file"),
        (made(note.REQUEST_RESHARE, {"file": {"shareWith": "c@c.example"}}), "notification.file.providerId"),
        *(
            (
                made(note.REQUEST_SHARE, {"file": {n: v for n, v in ASK.items() if n != gone}}),
                f"notification.file.{gone}",
            )
            for gone in ASK
        ),
        (made(note.REQUEST_SHARE, {"file": {**ASK, "owner": "al"}}), "notification.file.owner"),
        (made(note.SHARE_ACCEPTED, {"file": {"providerId": "a\x00"}}), "notification.file.providerId"),
        (made(note.SHARE_ACCEPTED, {**FILE, "message": "\x00"}), "notification.message"),
        (made(note.SHARE_ACCEPTED, 5), "notification"),
        (made(""), "notificationType"),
        (made(note.USER_REMOVED, {"user": {"userId": "bo@b.example"}}), "shareType"),
        (
            made(note.GROUP_REMOVED, {"group": {"groupId": ""}}, resourceType=..., shareType="group"),
            "notification.group.groupId",
        ),
        (made(note.REQUEST_SHARE, {"file": {}}), "notification.file.owner"),
        (made(note.REQUEST_SHARE, {"file": ASK}, shareType="user"), "shareType"),
        (made(note.USER_REMOVED, {"user": {"userId": "bo@b.example"}}, shareType="user"), "resourceType"),
        (made(note.USER_REMOVED, {}, resourceType=..., shareType="user"), "notification.user"),
        (
            made(note.USER_REMOVED, {"user": {"userId": "bo"}}, resourceType=..., shareType="user"),
            "notification.user",
        ),
        (made(note.GROUP_REMOVED, {}, resourceType=..., shareType="user"), "shareType"),
    ],
)
def test_what_a_type_lacks_is_named(bad, named):
    """OCM-NOTIF-010 to 020, 033 to 039, 053 to 060, 072 to 074"""
    assert any(name.startswith(named) for name in problems(bad))


def test_the_share_is_found_wherever_it_was_put():
    """Nested since 1.5, on top before (wire.md section 8, 16)."""
    folder = {"folder": {"providerId": "sh-1", "permissions": ["read"]}}
    old = made(note.SHARE_ACCEPTED, ..., providerId="sh-1")
    for form in (made(note.SHARE_ACCEPTED), old, made(note.SHARE_ACCEPTED, folder)):
        assert "sh-1" == document.convert(form, Notification).share_id


def test_details_are_asked_for_in_one_way():
    """Host normalised, permissions if given, and an error where a file is needed and missing."""
    found = document.convert(made(note.SHARE_ACCEPTED, senderDomain="B.example:443"), Notification)
    removal = document.convert(GOOD[6], Notification)

    assert ("b.example", None) == (found.sender_host, found.permissions)
    with pytest.raises(OcmError):
        _ = removal.required_file


def test_what_a_type_lacks_is_told_beside_bad_fields():
    """A missing senderDomain hides no missing file, and a bad message no missing member of the file."""
    bad = made(note.REQUEST_RESHARE, {"file": {"shareWith": 5}, "message": 5}, senderDomain=..., shareType=1)

    assert {
        *("senderDomain", "shareType", "notification.message"),
        *("notification.file.shareWith", "notification.file.providerId"),
    } == set(problems(bad))
    assert {"senderDomain", "notification.file"} == set(
        problems(made(note.SHARE_ACCEPTED, {}, senderDomain="https://b.example"))
    )
