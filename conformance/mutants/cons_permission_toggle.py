"""A change of permissions is taken and forgotten."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "consistency"
BREAKS = ("OCM-NOTIF-040",)
SEEN = ("FB-115",)


class Careless(Receiving):
    """201, and the old rights."""

    def changed(self, host: str, notification) -> None:
        """Ends alone are heard."""
        if notification.notification_type != "SHARE_CHANGE_PERMISSION":
            super().changed(host, notification)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
