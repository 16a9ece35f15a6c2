"""A notification that is answered with an error is carried out."""

from msgspec.structs import replace

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import RemoteError
from meshsim.site.receiving import Receiving

AREA = "notification"
BREAKS = ("OCM-NOTIF-033",)
SEEN = ("FB-058",)


class Careless(Receiving):
    """After the answer the handler goes on."""

    def changed(self, host, notification):
        """Wrong types are told, and do not matter."""
        try:
            super().changed(host, notification)
        except RemoteError:
            plain = replace(notification, resource_type=None, share_type=None)
            super().changed(host, plain)
            raise


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
