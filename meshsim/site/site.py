"""One OCM provider: its services, made when first needed, on its ports."""

from typing import Any, TypeVar

from meshsim.dialects import Document
from meshsim.ocm import API_VERSION
from meshsim.ocm import notification as note
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.discovery import Discovery, ResourceType
from meshsim.ocm.document import plain
from meshsim.ocm.errors import LocalError, OcmError, Unsupported
from meshsim.ocm.keys import PrivateKey, named_host
from meshsim.ocm.notification import Notification
from meshsim.site.gate import Gate
from meshsim.site.granting import Granting, same
from meshsim.site.inviting import Inviting
from meshsim.site.listing import Listing
from meshsim.site.opening import Opening
from meshsim.site.outbox import Outbox
from meshsim.site.pairing import Pairing
from meshsim.site.passwords import Passwords
from meshsim.site.peers import Peers, judge
from meshsim.site.ports import Ports, User
from meshsim.site.profile import Profile
from meshsim.site.receiving import Receiving
from meshsim.site.records import Errand, Records
from meshsim.site.sending import Sending
from meshsim.site.tidying import Tidying
from meshsim.site.wishing import Wishing
from meshsim.storage import Entry, StorageError
from meshsim.wire import Request

T = TypeVar("T")

OCM_PATH = "/ocm"
TOKEN_PATH = "/ocm/token"  # noqa: S105 - a path
JWKS_PATH = "/ocm/jwks"
DIALOG_PATH = "/accept-invite"
WAYF_PATH = "/wayf"


class Site:
    """A provider in both roles. Everything in memory can be lost: what counts is in the store."""

    # Each request asks a site for its parts two hundred times, and without slots every one is looked up.
    __slots__ = (
        "_discovery",
        "_discovery_document",
        "_kept",
        "base",
        "exchanges",
        "gate",
        "granting",
        "host",
        "inviting",
        "key",
        "listing",
        "now",
        "opening",
        "outbox",
        "pairing",
        "passwords",
        "peers",
        "ports",
        "profile",
        "receiving",
        "records",
        "sending",
        "tidying",
        "wishing",
    )

    def __init__(self, host: str, profile: Profile, ports: Ports) -> None:
        self.host = host
        self.profile = profile
        self.ports = ports
        self.now = ports.clock.now
        self.base = f"{profile.scheme}://{host}"
        self.key = self._signing_key()
        """What this site signs with; the same after a restart."""
        self.exchanges = profile.exchange and profile.dialect.exchanges
        """Whether token exchange is offered and understood here."""
        self._discovery: Discovery | None = None
        self._discovery_document: Document | None = None
        self._kept: dict[type, object] = {}
        self.records = Records(ports.store)
        make = profile.services.get
        self.peers: Peers = make("peers", Peers)(self)
        self.gate: Gate = make("gate", Gate)(self)
        self.pairing: Pairing = make("pairing", Pairing)(self)
        self.granting: Granting = make("granting", Granting)(self)
        self.sending: Sending = make("sending", Sending)(self)
        self.receiving: Receiving = make("receiving", Receiving)(self)
        self.opening: Opening = make("opening", Opening)(self)
        self.inviting: Inviting = make("inviting", Inviting)(self)
        self.wishing: Wishing = make("wishing", Wishing)(self)
        self.listing: Listing = make("listing", Listing)(self)
        self.passwords = Passwords(self)
        self.tidying = Tidying(self)
        self.outbox = Outbox(
            self,
            {
                "sent": self.sending.job,
                "received": self.receiving.job,
                "dissolved": self.receiving.dissolved_job,
                "joining": self.inviting.joining_job,
                "parting": self.inviting.parting_job,
                "wish": self.wishing.asking_job,
                "refusal": self.wishing.refusal_job,
            },
        )

    def tell_patience(self, errand: Errand) -> float:
        """How long most errands are run."""
        return self.profile.tell_patience

    def start(self) -> None:
        """Take up what an earlier run left undone."""
        self.receiving.resume()
        self.outbox.resume()

    def address(self, user: str) -> OcmAddress:
        """The OCM Address of one of our users or groups."""
        return OcmAddress(user, self.host)

    def user(self, user_id: str) -> User:
        """Our user; LocalError if there is none."""
        found = self.ports.users.find(user_id)
        if found is None:
            raise LocalError(f"no user {user_id!r} at {self.host}", status=404)
        return found

    def entry(self, path: str) -> Entry | None:
        """What is at a place in storage; None also for what cannot be the name of one."""
        try:
            return self.ports.storage.stat(path)
        except StorageError:
            return None

    def kept(self, kind: type[T]) -> T:
        """What a face keeps in memory for this site, such as its locks; made at first use."""
        # Not cast(), which is a call.
        found: Any = self._kept.get(kind)
        if found is None:
            found = self._kept[kind] = kind()
        kept: T = found
        return kept

    def dav_url(self, provider_id: str) -> str:
        """Where a share of ours is reached."""
        return f"{self.base}{self.profile.dialect.dav_path}/{provider_id}"

    async def take_notification(self, request: Request, notification: Notification) -> None:
        """What another server tells us goes to the service it concerns; OcmError if it is refused."""
        kind = notification.notification_type
        host = notification.sender_host
        await self.gate.admit(request, "notifications", host)
        if kind not in self.profile.dialect.notifications:
            raise Unsupported(f"notificationType {kind!r} is not supported")
        match kind:
            case note.SHARE_DECLINED if self.wishing.declined(host, notification):
                pass
            case note.SHARE_ACCEPTED | note.SHARE_DECLINED:
                self.sending.answered(host, notification)
            case note.SHARE_UNSHARED | note.SHARE_CHANGE_PERMISSION:
                self.receiving.changed(host, notification)
            case note.REQUEST_RESHARE:
                await self.wishing.reshare_asked(host, notification)
            case note.REQUEST_SHARE:
                self.wishing.share_asked(host, notification)
            case note.USER_REMOVED:
                self.inviting.removed(host, notification)
            case note.GROUP_REMOVED:
                self.sending.group_removed(host, notification)
            case _:
                raise Unsupported(f"notificationType {kind!r} is not supported")

    def sender_of(self, request: Request, document: Document) -> str:
        """Who sent a notification that does not say so, "" if nobody can tell: senderDomain came with 1.5.

        The secret of the share proves it, or the key that it is signed with names the other side of it;
        then the signature is still to be checked, as that host's.
        """
        detail = document.get("notification")
        secret = detail.get("sharedSecret") if isinstance(detail, dict) else None
        provider_id = document.get("providerId")
        if not isinstance(provider_id, str):
            return ""
        signer = self.signer(request)

        def proven(host: str, own: str) -> bool:
            return same(own, secret) if isinstance(secret, str) else host == signer

        sent = self.records.sent(provider_id)
        if sent is not None and proven(sent.recipient.host, sent.secret):
            return sent.recipient.host
        for share in self.records.received_by():
            if share.provider_id == provider_id and proven(share.host, share.secret):
                return share.host
        return ""

    def signer(self, request: Request) -> str:
        """The host in the name of the key that a request is signed with; "" if it is not."""
        signing = self.profile.dialect.signing
        try:
            found = None if signing is None else signing.signed(request.headers)
        except OcmError:
            return ""  # the gate says what is wrong with it
        return "" if found is None else named_host(found.keyid)

    async def notify(self, host: str, notification: Notification, secret: str) -> str:
        """Tell another server; PeerError unless it took the message.

        `secret` is that of the share, which accents before 1.5 repeat. What one of the two has no words for
        is not said; the answer is why, and "" if it was said.
        """
        kind, dialect = notification.notification_type, self.profile.dialect
        if kind not in dialect.notifications:
            return f"{self.host} speaks OCM {dialect.api_version}, which has no {kind}"
        peer = self.peers.at_hand(host) or await self.peers.discover(host)
        if not peer.discovery.can("notifications"):
            return f"{host} takes no notifications"
        await judge(peer, await self.peers.post(peer, "/notifications", "notification", notification, secret))
        return ""

    def _signing_key(self) -> PrivateKey:
        seed = self.ports.entropy.key("signing")
        signing = self.profile.dialect.signing
        algorithm = (signing and signing.algorithm) or self.profile.key_algorithm
        return PrivateKey.from_seed(f"{self.host}#{self.profile.dialect.key_name}", seed, algorithm)

    @property
    def discovery(self) -> Discovery:
        """What this site says of itself, in the words of the newest draft."""
        if self._discovery is None:
            self._discovery = self._describe()
        return self._discovery

    @property
    def discovery_document(self) -> Document:
        """The same in this site's accent."""
        if self._discovery_document is None:
            dialect = self.profile.dialect
            document = plain(self.discovery)
            if dialect.signing is not None:
                document |= dialect.signing.publish(self.key.public)
            self._discovery_document = dialect.speak("discovery", document, None, "")
        return self._discovery_document

    def _describe(self) -> Discovery:
        profile, dialect = self.profile, self.profile.dialect
        capabilities = ["protocol-object"]
        jwks = dialect.signing is not None and dialect.signing.find_key is None
        if jwks:
            capabilities.append("http-sig")
        if self.exchanges:
            capabilities.append("exchange-token")
        if dialect.invites:
            capabilities += ["invites", "invite-wayf"]
        if dialect.notifications:
            capabilities.append("notifications")
        if profile.mfa:
            capabilities.append("enforce-mfa")
        protocols: dict[str, object] = {
            "webdav": dialect.dav_path + "/",
            "webdav-receive": {"uri": "relative"},
        }
        return Discovery(
            enabled=profile.enabled,
            api_version=API_VERSION,
            end_point=self.base + OCM_PATH,
            provider=profile.provider,
            resource_types=tuple(
                ResourceType(name, ("user", "group"), protocols) for name in ("file", "folder")
            ),
            capabilities=tuple(capabilities),
            criteria=profile.criteria,
            invite_accept_dialog=self.base + DIALOG_PATH if dialect.invites else None,
            jwks_uri=self.base + JWKS_PATH if jwks else None,
            token_end_point=self.base + TOKEN_PATH if self.exchanges else None,
        )
