"""What a credential opens: the sending server's side of WebDAV access and of token exchange."""

from hmac import compare_digest
from typing import TYPE_CHECKING

import msgspec

from meshsim.ocm.errors import RemoteError, Unauthenticated, UnknownShare
from meshsim.ocm.lifecycle import OPEN
from meshsim.ocm.share import EXCHANGE
from meshsim.ocm.token import TokenAnswer, TokenError
from meshsim.site.records import SentShare
from meshsim.tokens import BadToken, Grant, TokenKind
from meshsim.wire import Request

if TYPE_CHECKING:
    from meshsim.site.site import Site

MOST_TOKENS = 10_000
"""Tokens that are remembered. To verify one costs as much as all else that a request does."""


class Access(msgspec.Struct, frozen=True, gc=False):
    """What a request may see: a place in our storage and what may be done there."""

    share: str
    root: str
    permissions: frozenset[str]
    principal: str
    """Who holds the locks."""


class Granting:
    """Issues secrets and tokens, and says what they open."""

    __slots__ = ("_secrets", "_tokens", "issued", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self._secrets: TokenKind | None = None
        self._tokens: TokenKind | None = None
        self.issued: dict[str, Grant] = {}
        """Tokens in use. A kind that does not carry its grant is lost with this: peers exchange again."""

    @property
    def secrets(self) -> TokenKind:
        """What sharedSecrets are made by."""
        if self._secrets is None:
            entropy, profile = self.site.ports.entropy, self.site.profile
            self._secrets = profile.secret_kind(
                entropy.key("secret"), lambda: entropy.token("secret", profile.token_bytes)
            )
        return self._secrets

    @property
    def tokens(self) -> TokenKind:
        """What exchanged tokens are made by."""
        if self._tokens is None:
            entropy = self.site.ports.entropy
            self._tokens = self.site.profile.token_kind(entropy.key("token"), lambda: entropy.token("token"))
        return self._tokens

    def is_open(self, share: SentShare) -> bool:
        """Whether the share gives access now."""
        return share.state in OPEN and (share.expiration is None or self.site.now() < share.expiration)

    def grant(self, share: SentShare, expires: int | None) -> Grant:
        """The grant that a credential of the share stands for."""
        site = self.site
        return Grant(
            share=share.provider_id,
            client=share.recipient.host,
            path=share.path,
            namespace=f"{site.host}/{share.owner}",
            permissions=share.permissions,
            endpoint=site.dav_url(share.provider_id),
            issued=int(site.now()),
            expires=expires,
        )

    async def exchange(self, request: Request, client: str, code: str) -> TokenAnswer:
        """A token for the share whose sharedSecret is `code`; TokenError."""
        site = self.site
        if not site.exchanges:
            raise TokenError("invalid_request", "this server has no token exchange", status=501)
        try:
            await site.gate.admit(request, "token", client)
        except RemoteError as error:
            # 503 stays 503: who cannot be checked just now may be right, and asks again.
            raise TokenError(
                "invalid_client", error.message, status=error.status, retry_after=error.retry_after
            ) from error
        share = site.records.sent_with_secret(code)
        if (
            share is None
            or share.recipient.host != client
            or not self.is_open(share)
            or not self._holds(share.secret)
        ):
            # One answer for all, so that a guess learns nothing.
            raise TokenError("invalid_grant", "the code is unknown, expired or not for this client")
        now = int(site.now())
        expires = now + site.profile.token_lifetime
        if share.expiration is not None:
            expires = min(expires, share.expiration)
        grant = self.grant(share, expires)
        token = self.tokens.issue(grant)
        self._remember(token, grant)
        return TokenAnswer(token, "Bearer", expires - now)

    def _remember(self, token: str, grant: Grant) -> None:
        if len(self.issued) >= MOST_TOKENS:
            # Dicts keep their order and lifetimes are alike, so the oldest is in front.
            del self.issued[next(iter(self.issued))]
        self.issued[token] = grant

    def bearer(self, provider_id: str, credential: str) -> Access:
        """What a Bearer credential opens at the address of that share; Unauthenticated."""
        share = self.site.records.sent(provider_id)
        if share is None:
            raise UnknownShare("no such share, or the credential does not open it")
        if self._token_share(credential) != provider_id:
            if not same(credential, share.secret):
                raise Unauthenticated("no such share, or the credential does not open it")
            if EXCHANGE in share.requirements:
                raise Unauthenticated("this share is opened by an exchanged token only (must-exchange-token)")
            if not self._holds(credential):
                raise Unauthenticated("the time of this credential is over")
        return self._access(share)

    def basic(self, user: str) -> Access:
        """What a legacy Basic credential opens: the secret, as user name, selects the share."""
        share = self.site.records.sent_with_secret(user)
        if share is None or EXCHANGE in share.requirements or not self._holds(user):
            raise Unauthenticated("the credential opens nothing here")
        return self._access(share)

    def _holds(self, secret: str) -> bool:
        """Whether a secret is still good: a session of 2021 ends after a day, and takes its share with it."""
        secrets = self.secrets
        if secrets.stateless:
            try:
                secrets.read(secret, self.site.now())
            except BadToken:
                return False
        return True

    def _token_share(self, token: str) -> str | None:
        now = self.site.now()
        grant = self.issued.get(token)
        if grant is None and self.tokens.stateless:
            try:
                grant = self.tokens.read(token, now)
            except BadToken:
                return None
            self._remember(token, grant)
        if grant is None or (grant.expires is not None and grant.expires <= now):
            return None
        return grant.share

    def _access(self, share: SentShare) -> Access:
        if not self.is_open(share):
            raise Unauthenticated("the share has ended")
        # Permissions are those of the record, so that a change takes hold at once.
        return Access(share.provider_id, share.path, frozenset(share.permissions), str(share.recipient))


def same(one: str, other: str) -> bool:
    """Whether two secrets are one, told in a time that does not show how much of them is."""
    # Peers can send any text; a lone surrogate must compare unequal, not raise.
    return compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))
