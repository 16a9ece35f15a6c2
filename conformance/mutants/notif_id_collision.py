"""A share is found by the id that its sender gave it, whoever asks."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "notification"
BREAKS = ("OCM-NOTIF-013",)
SEEN = ("FB-055",)


class Careless(Receiving):
    """The newest one of that id."""

    def changed(self, host, notification):
        """Of all that have the id, the last."""
        found = [s for s in self.site.records.received_by() if s.provider_id == notification.share_id]
        if any(share.host == host for share in found):
            host = min(share.host for share in found if len(found) == 1 or share.host != host)
        super().changed(host, notification)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
