"""Notifications of 1.5, in both directions (draft section 8)."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from meshsim.ocm import text
from meshsim.ocm.address import parse_host
from meshsim.ocm.document import Check, Rule
from meshsim.ocm.errors import OcmError, Problem
from meshsim.ocm.share import PERMISSIONS

SHARE_ACCEPTED = "SHARE_ACCEPTED"
SHARE_DECLINED = "SHARE_DECLINED"
SHARE_UNSHARED = "SHARE_UNSHARED"
SHARE_CHANGE_PERMISSION = "SHARE_CHANGE_PERMISSION"
REQUEST_RESHARE = "REQUEST_RESHARE"
REQUEST_SHARE = "REQUEST_SHARE"
USER_REMOVED = "USER_REMOVED"
GROUP_REMOVED = "GROUP_REMOVED"

FILE_MEMBERS = {
    SHARE_ACCEPTED: ("provider_id",),
    SHARE_DECLINED: ("provider_id",),
    SHARE_UNSHARED: ("provider_id",),
    SHARE_CHANGE_PERMISSION: ("provider_id",),
    REQUEST_RESHARE: ("provider_id", "share_with"),
    REQUEST_SHARE: ("owner", "share_with", "share_id", "permissions"),
}
"""What notification.file must carry."""

REMOVALS = {USER_REMOVED: "user", GROUP_REMOVED: "group"}
"""The shareType of a removal, which is also the key of its details."""

TYPES = (*FILE_MEMBERS, *REMOVALS)


class FileDetail(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """notification.file, perhaps notification.folder; which members must be there depends on the type."""

    provider_id: str | None = None
    owner: str | None = None
    share_with: str | None = None
    share_id: str | None = None
    permissions: tuple[str, ...] | None = None

    CHECKS: ClassVar[dict[str, Check]] = {
        "provider_id": text.identifier,
        "owner": text.address,
        "share_with": text.address,
        "share_id": text.identifier,
        "permissions": text.some_of(PERMISSIONS),
    }


class UserDetail(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """notification.user"""

    user_id: str
    contact: str | None = None
    """Our addition: with whom the relation ended, where it is not all of them. Others ignore it."""

    CHECKS: ClassVar[dict[str, Check]] = {"user_id": text.address, "contact": text.address}


class GroupDetail(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """notification.group"""

    group_id: str

    CHECKS: ClassVar[dict[str, Check]] = {"group_id": text.identifier}


class Detail(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The member `notification`."""

    message: str | None = None
    file: FileDetail | None = None
    user: UserDetail | None = None
    group: GroupDetail | None = None
    folder: FileDetail | None = None
    """What `file` is, from servers that name it by the resource (wire.md section 8, 17); never sent."""

    CHECKS: ClassVar[dict[str, Check]] = {"message": text.prose}


class Notification(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """The body of POST {endPoint}/notifications; parsing checks what each type must carry."""

    notification_type: str
    sender_domain: str
    resource_type: str | None = None
    share_type: str | None = None
    notification: Detail | None = None
    provider_id: str | None = None

    CHECKS: ClassVar[dict[str, Check]] = {
        "notification_type": text.identifier,
        "sender_domain": text.host,
        "resource_type": text.identifier,
        "share_type": text.identifier,
        "provider_id": text.identifier,
    }

    def _type_faults(self) -> Iterator[Problem]:
        # With something else in its place if it cannot be read: that has been told.
        resource, share = getattr(self, "resource_type", ""), getattr(self, "share_type", "")
        if resource is None and share is None:
            yield Problem("resourceType", "is missing, and so is shareType: one of them must be there")
        kind = self.notification_type
        if kind in FILE_MEMBERS:
            if resource is None:
                yield Problem("resourceType", f"is missing in {kind}")
            if kind == REQUEST_SHARE and share is not None:
                yield Problem("shareType", f"must be absent in {kind}")
        elif kind in REMOVALS:
            if resource is not None:
                yield Problem("resourceType", f"must be absent in {kind}")
            if share != REMOVALS[kind]:
                yield Problem("shareType", f"must be {REMOVALS[kind]} in {kind}")

    def _detail_faults(self) -> Iterator[Problem]:
        """What the type asks for; of an unknown type nothing is known."""
        kind = self.notification_type
        if kind in FILE_MEMBERS:
            yield from self._file_faults(FILE_MEMBERS[kind])
        elif kind in REMOVALS and getattr(self.notification, REMOVALS[kind], None) is None:
            yield Problem(f"notification.{REMOVALS[kind]}", f"is missing in {kind}")

    def _file_faults(self, members: tuple[str, ...]) -> Iterator[Problem]:
        file = _file_of(self.notification)
        if file is None and members == ("provider_id",) and self.provider_id is not None:
            return  # the form before 1.5, which deployed servers still send (wire.md section 8, 16)
        if file is None:
            yield Problem("notification.file", "is missing")
            return
        for member in members:
            if getattr(file, member, "") is None:
                spelled = member.split("_")[0] + "".join(part.title() for part in member.split("_")[1:])
                yield Problem(f"notification.file.{spelled}", f"is missing in {self.notification_type}")

    RULES: ClassVar[tuple[Rule, ...]] = (_type_faults, _detail_faults)

    @property
    def sender_host(self) -> str:
        """The server that says this."""
        return parse_host(self.sender_domain)

    @property
    def required_file(self) -> FileDetail:
        """notification.file; OcmError where there is none."""
        file = _file_of(self.notification)
        if file is None:
            raise OcmError("notification.file is missing")
        return file

    @property
    def share_id(self) -> str:
        """The providerId of the share this is about, wherever it was put."""
        file = _file_of(self.notification)
        nested = None if file is None else file.provider_id
        return nested or self.provider_id or ""

    @property
    def permissions(self) -> tuple[str, ...] | None:
        """notification.file.permissions, if given."""
        file = _file_of(self.notification)
        return None if file is None else file.permissions


def _file_of(detail: Detail | None) -> FileDetail | None:
    return None if detail is None else detail.file if detail.file is not None else detail.folder
