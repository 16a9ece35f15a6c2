"""A share is stored before anybody knows who sent it, and kept whatever comes of that."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "share"
BREAKS = ("OCM-SIG-012",)
SEEN = ("FB-050",)


class Careless(Receiving):
    """The check comes last."""

    async def take(self, request, creation):
        """Written first."""
        webdav = creation.protocol.webdav
        if webdav is not None and creation.share_type == "user":
            host, user = creation.sender_address.host, creation.recipient_address.user
            share = self._offered(creation, host, user, webdav, legacy=False)
            if self.site.records.received(share.key) is None:
                self.site.records.commit([share.put()])
        return await super().take(request, creation)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
