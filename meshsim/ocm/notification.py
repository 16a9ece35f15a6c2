"""Notifications of 1.5, in both directions (draft section 8)."""

import msgspec

SHARE_ACCEPTED = "SHARE_ACCEPTED"
SHARE_DECLINED = "SHARE_DECLINED"
SHARE_UNSHARED = "SHARE_UNSHARED"
SHARE_CHANGE_PERMISSION = "SHARE_CHANGE_PERMISSION"
REQUEST_RESHARE = "REQUEST_RESHARE"
REQUEST_SHARE = "REQUEST_SHARE"
USER_REMOVED = "USER_REMOVED"
GROUP_REMOVED = "GROUP_REMOVED"


class FileDetail(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """notification.file; which members must be there depends on the type."""

    provider_id: str | None = None
    owner: str | None = None
    share_with: str | None = None
    share_id: str | None = None
    permissions: tuple[str, ...] | None = None


class UserDetail(msgspec.Struct, frozen=True, rename="camel"):
    """notification.user"""

    user_id: str


class GroupDetail(msgspec.Struct, frozen=True, rename="camel"):
    """notification.group"""

    group_id: str


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """The member `notification`."""

    message: str | None = None
    file: FileDetail | None = None
    user: UserDetail | None = None
    group: GroupDetail | None = None


class Notification(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The body of POST {endPoint}/notifications; parsing checks what each type must carry."""

    notification_type: str
    sender_domain: str
    resource_type: str | None = None
    share_type: str | None = None
    notification: Detail | None = None
    provider_id: str | None = None
