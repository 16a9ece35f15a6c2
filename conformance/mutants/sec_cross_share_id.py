"""Anybody may end a share whose id they know."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "security"
BREAKS = ("OCM-NOTIF-013",)
SEEN = ("FB-134",)


class Careless(Receiving):
    """Who says it is not compared."""

    def changed(self, host: str, notification) -> None:
        """By the id alone."""
        for share in self.site.records.received_by():
            if share.provider_id == notification.share_id:
                host = share.host
        super().changed(host, notification)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
