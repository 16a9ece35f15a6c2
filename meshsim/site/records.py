"""What a site remembers, over the store port: shares, contacts, invites, requests and errands.

Rows are frozen; a change writes a new row. What belongs together is committed together, so that
a crash between two steps finds all of it or none.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from meshsim.ocm.address import OcmAddress
from meshsim.ocm.directory import Server
from meshsim.ocm.lifecycle import DEAL, RECEIVED, SENT, Deal, DealEvent, Share, ShareEvent, move
from meshsim.stores import Drop, Put, Store


class SentShare(msgspec.Struct, frozen=True, gc=False):
    """A share that one of our users gave."""

    provider_id: str
    owner: str
    path: str
    """Where the resource is in our storage."""
    name: str
    resource_type: str
    recipient: OcmAddress
    share_type: str
    permissions: tuple[str, ...]
    requirements: tuple[str, ...]
    secret: str
    expiration: int | None
    created: float
    state: Share = Share.OFFERED
    reason: str = ""
    """Why it failed, if it did."""
    offered: tuple[str, ...] = ()
    """The permissions that the receiving server was last told."""

    def __repr__(self) -> str:  # without the secret, wherever it is printed
        return f"<SentShare {self.provider_id} {self.path} to {self.recipient}: {self.state}>"

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(SENT_SHARES, self.provider_id, self, self.owner)


class ReceivedShare(msgspec.Struct, frozen=True, gc=False):
    """A share that was given to one of our users or groups."""

    key: str
    """Unique here: the sender's host and its providerId."""
    host: str
    provider_id: str
    recipient: str
    share_type: str
    owner: str
    sender: str
    name: str
    resource_type: str
    uri: str
    secret: str
    legacy: bool
    """Only options.sharedSecret was given: the secret itself selects the share."""
    permissions: tuple[str, ...]
    requirements: tuple[str, ...]
    expiration: int | None
    received: float
    offer: bytes
    """Digest of the notification, to tell a repetition from a contradiction."""
    state: Share = Share.PENDING
    left: tuple[str, ...] = ()
    """Members of a group that do not want it."""

    def __repr__(self) -> str:  # without the secret, wherever it is printed
        return f"<ReceivedShare {self.key} to {self.recipient}: {self.state}>"

    @property
    def sender_address(self) -> OcmAddress:
        """Who gave it."""
        return OcmAddress.parse(self.sender)

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(RECEIVED_SHARES, self.key, self, self.recipient)


class Contact(msgspec.Struct, frozen=True, gc=False):
    """Somebody elsewhere whom one of our users knows by invite."""

    user: str
    address: OcmAddress
    name: str
    email: str
    since: float

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(CONTACTS, contact_key(self.user, self.address), self, self.user)


class Invitation(msgspec.Struct, frozen=True, gc=False):
    """An invite that one of our users issued."""

    token: str
    user: str
    description: str
    expires: float
    state: Deal = Deal.OPEN
    acceptor: OcmAddress | None = None

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(INVITATIONS, self.token, self, self.user)


class Joining(msgspec.Struct, frozen=True, gc=False):
    """An invite that one of our users is accepting elsewhere."""

    key: str
    user: str
    token: str
    provider: str
    state: Deal = Deal.OPEN
    reason: str = ""
    inviter: OcmAddress | None = None

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(JOININGS, self.key, self, self.user)


class Wish(msgspec.Struct, frozen=True, gc=False):
    """A request for a share or a reshare, at the site that asks or at the one that is asked."""

    key: str
    kind: str
    """The notification type: REQUEST_SHARE or REQUEST_RESHARE."""
    user: str
    """Our user: who asks, or whose resource is asked for."""
    peer: str
    """The other server."""
    incoming: bool
    resource: str
    """providerId of the share to be passed on, or the shareId of the resource."""
    share_with: str
    permissions: tuple[str, ...]
    resource_type: str
    owner: str
    state: Deal = Deal.OPEN
    reason: str = ""
    share: str = ""
    """providerId of the share that our user gave for it."""

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(WISHES, self.key, self, self.user)


class Parting(msgspec.Struct, frozen=True, gc=False):
    """A contact that one of our users ended, until the other side knows."""

    user: str
    address: OcmAddress

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(PARTINGS, contact_key(self.user, self.address), self, self.user)


class AppPassword(msgspec.Struct, frozen=True, gc=False):
    """A password that one of our users made for a program, known by its digest alone."""

    key: str
    """SHA-256 of the password in hex."""
    user: str
    label: str
    created: float

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(APP_PASSWORDS, self.key, self, self.user)


class Errand(msgspec.Struct, frozen=True, gc=False):
    """Something the other side has yet to be told; survives a restart."""

    key: str
    kind: str
    subject: str
    host: str
    since: float
    due: float
    tries: int = 0
    doubt: float = 0.0
    """Until then an earlier message without an answer may still arrive there."""

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(ERRANDS, self.key, self)


class Pin(msgspec.Struct, frozen=True):
    """The key that a server first came with."""

    host: str
    key: str
    """Its thumbprint (RFC 7638)."""
    since: float

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(PINS, self.host, self)


class SharedKey(msgspec.Struct, frozen=True):
    """An API key that this site and another share, from `since` until `until`."""

    host: str
    secret: str
    since: float
    until: float
    central: bool = False
    """It came from the central service, and is replaced with the next list."""

    def __repr__(self) -> str:  # without the secret, wherever it is printed
        return f"<SharedKey with {self.host} from {self.since:.0f} until {self.until:.0f}>"

    def put(self) -> Put:
        """The change that writes this row."""
        return Put(SHARED_KEYS, key_name(self), self, self.host)


SENT_SHARES = "sent"
RECEIVED_SHARES = "received"
CONTACTS = "contacts"
INVITATIONS = "invitations"
JOININGS = "joinings"
WISHES = "wishes"
PARTINGS = "partings"
APP_PASSWORDS = "app-passwords"
ERRANDS = "errands"
PINS = "pins"
SHARED_KEYS = "keys"
SECRETS = "secrets"
"""providerId by secret."""
LATEST = "latest"
"""providerId by resource and recipient."""
GONE_GROUPS = "gone-groups"
"""Names of groups that there were when the site was set up, and are no more."""
MEMBERS = "members"
"""The servers of a directory that is kept here, by host."""

Row = TypeVar("Row")


def share_key(host: str, provider_id: str) -> str:
    """How a received share is known here; a host has no space in it."""
    return f"{host} {provider_id}"


def contact_key(user: str, address: OcmAddress) -> str:
    """NUL, which no identifier may contain, keeps user and address apart; a person is one however spelled."""
    person = address.person
    return f"{user}\0{person.user}@{person.host}"


def latest_key(path: str, recipient: OcmAddress) -> str:
    """NUL is in no path and no identifier."""
    return f"{path}\0{recipient.user}@{recipient.host}"


class Records:
    """Typed access to the store; reads are plain, writes say what is committed together."""

    __slots__ = (
        "_contact",
        "_pin",
        "_secret",
        "app_password",
        "commit",
        "errand",
        "invitation",
        "joining",
        "latest_id",
        "parting",
        "received",
        "sent",
        "store",
        "wish",
    )

    def __init__(self, store: Store) -> None:
        self.store = store
        self.commit = store.commit
        # Asked for several times in each request, and nothing is to be done but to look.
        self.sent: Callable[[str], SentShare | None] = store.getter(SENT_SHARES)
        """A share we gave, by its providerId."""
        self.received: Callable[[str], ReceivedShare | None] = store.getter(RECEIVED_SHARES)
        """A share given to us, by its key."""
        self.invitation: Callable[[str], Invitation | None] = store.getter(INVITATIONS)
        """An invite we issued."""
        self.joining: Callable[[str], Joining | None] = store.getter(JOININGS)
        """An acceptance we are making or made."""
        self.wish: Callable[[str], Wish | None] = store.getter(WISHES)
        """A request we made or were made."""
        self.parting: Callable[[str], Parting | None] = store.getter(PARTINGS)
        """A contact that was ended."""
        self.app_password: Callable[[str], AppPassword | None] = store.getter(APP_PASSWORDS)
        """A password for a program, by its digest."""
        self.errand: Callable[[str], Errand | None] = store.getter(ERRANDS)
        """Something still to be told."""
        self.latest_id: Callable[[str], str | None] = store.getter(LATEST)
        """providerId of the last share of a thing to a recipient, by `latest_key`."""
        self._secret: Callable[[str], str | None] = store.getter(SECRETS)
        self._contact: Callable[[str], Contact | None] = store.getter(CONTACTS)
        self._pin: Callable[[str], Pin | None] = store.getter(PINS)

    def _rows(self, table: str, group: str | None) -> Iterator[Any]:
        return self.store.rows(table, group)

    def sent_by(self, user: str | None = None) -> Iterator[SentShare]:
        """The shares a user gave, or all."""
        return self._rows(SENT_SHARES, user)

    def sent_with_secret(self, secret: str) -> SentShare | None:
        """The share a legacy secret selects."""
        provider_id = self._secret(secret)
        return None if provider_id is None else self.sent(provider_id)

    def latest(self, path: str, recipient: OcmAddress) -> SentShare | None:
        """The last share of a resource to a recipient."""
        provider_id = self.latest_id(latest_key(path, recipient))
        return None if provider_id is None else self.sent(provider_id)

    def received_by(self, recipient: str | None = None) -> Iterator[ReceivedShare]:
        """The shares given to a user or group, or all."""
        return self._rows(RECEIVED_SHARES, recipient)

    def contact(self, user: str, address: OcmAddress) -> Contact | None:
        """The contact, if the user has it."""
        return self._contact(contact_key(user, address))

    def contacts(self, user: str | None = None) -> Iterator[Contact]:
        """A user's contacts, or everybody's."""
        return self._rows(CONTACTS, user)

    def invitations(self, user: str | None = None) -> Iterator[Invitation]:
        """The invites a user issued, or all."""
        return self._rows(INVITATIONS, user)

    def joinings(self, user: str | None = None) -> Iterator[Joining]:
        """The invites a user took up, or all."""
        return self._rows(JOININGS, user)

    def wishes(self, user: str | None = None) -> Iterator[Wish]:
        """The requests by or to a user, or all."""
        return self._rows(WISHES, user)

    def app_passwords(self, user: str | None = None) -> Iterator[AppPassword]:
        """The passwords a user made for programs, or all."""
        return self._rows(APP_PASSWORDS, user)

    def pin(self, host: str) -> Pin | None:
        """The key that a server is held to."""
        return self._pin(host)

    def shared_keys(self, host: str | None = None) -> Iterator[SharedKey]:
        """The keys shared with a server, or all, oldest first."""
        return self._rows(SHARED_KEYS, host)

    def errands(self) -> Iterator[Errand]:
        """All that is still to be told."""
        return self._rows(ERRANDS, None)


TYPES: Mapping[str, type] = {
    SENT_SHARES: SentShare,
    RECEIVED_SHARES: ReceivedShare,
    CONTACTS: Contact,
    INVITATIONS: Invitation,
    JOININGS: Joining,
    WISHES: Wish,
    PARTINGS: Parting,
    APP_PASSWORDS: AppPassword,
    ERRANDS: Errand,
    PINS: Pin,
    SHARED_KEYS: SharedKey,
    MEMBERS: Server,
}
"""What a store that writes bytes makes of a row when it reads it; tables not named here hold plain text."""


def put_indexes(share: SentShare) -> tuple[Put, Put]:
    """The changes that let a new share be found by its secret, and by what was given to whom."""
    return (
        Put(SECRETS, share.secret, share.provider_id),
        Put(LATEST, latest_key(share.path, share.recipient), share.provider_id),
    )


def key_name(key: SharedKey) -> str:
    """How a shared key is known here; one server may have several at a time."""
    return f"{key.host} {hashlib.sha256(key.secret.encode()).hexdigest()[:16]}"


def drop_pin(host: str) -> Drop:
    """The change that forgets the key of a server, so that it may come with another."""
    return Drop(PINS, host)


def drop_shared_key(key: SharedKey) -> Drop:
    """The change that forgets a shared key."""
    return Drop(SHARED_KEYS, key_name(key))


def drop_errand(errand: Errand) -> Drop:
    """The change that forgets an errand."""
    return Drop(ERRANDS, errand.key)


def drop_contact(user: str, address: OcmAddress) -> Drop:
    """The change that forgets a contact."""
    return Drop(CONTACTS, contact_key(user, address))


def drop_parting(parting: Parting) -> Drop:
    """The change that forgets an ended contact."""
    return Drop(PARTINGS, contact_key(parting.user, parting.address))


def step_sent(share: SentShare, event: ShareEvent, **changes: Any) -> SentShare:
    """The row after the event; lifecycle.Refused."""
    return replace(share, state=move(SENT, share.state, event), **changes)


def step_received(share: ReceivedShare, event: ShareEvent, **changes: Any) -> ReceivedShare:
    """The row after the event; lifecycle.Refused."""
    return replace(share, state=move(RECEIVED, share.state, event), **changes)


Dealt = TypeVar("Dealt", Invitation, Joining, Wish)


def step_deal(row: Dealt, event: DealEvent, **changes: Any) -> Dealt:
    """The row after the event; lifecycle.Refused."""
    return replace(row, state=move(DEAL, row.state, event), **changes)
