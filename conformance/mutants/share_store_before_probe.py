"""A share is stored before anybody knows who sent it, and kept whatever comes of that."""

import hashlib

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.document import dump
from meshsim.site.receiving import Receiving
from meshsim.site.records import ReceivedShare, put, share_key

AREA = "share"
BREAKS = ("OCM-SIG-012",)
SEEN = ("FB-050",)


class Careless(Receiving):
    """The check comes last."""

    async def take(self, request, creation):
        """Written first."""
        webdav = creation.protocol.webdav
        host = creation.sender_address.host
        if webdav is not None and creation.share_type == "user":
            share = ReceivedShare(
                key=share_key(host, creation.provider_id),
                host=host,
                provider_id=creation.provider_id,
                recipient=creation.recipient_address.user,
                share_type="user",
                owner=creation.owner,
                sender=creation.sender,
                name=creation.name,
                resource_type=creation.resource_type,
                uri=webdav.uri,
                secret=webdav.shared_secret,
                legacy=False,
                permissions=webdav.permissions or ("read",),
                requirements=webdav.requirements or (),
                expiration=creation.expiration,
                received=self.site.now(),
                offer=hashlib.sha256(dump(creation)).digest(),
            )
            if self.site.records.received(share.key) is None:
                self.site.records.commit([put(share)])
        return await super().take(request, creation)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
