"""A share whose server is away for a moment is removed."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.lifecycle import ShareEvent
from meshsim.site.opening import Opening
from meshsim.site.records import step_received

AREA = "consistency"
BREAKS = ("OCM-FIELD-051",)
SEEN = ("FB-110",)


class Careless(Opening):
    """503 is thought to be the end."""

    async def request(self, user, key, method, path="", **options):
        """Whatever is not there is gone."""
        response = await super().request(user, key, method, path, **options)
        if response.status in (404, 502, 503):
            share = self.site.receiving.get(user, key)
            self.site.records.commit([step_received(share, ShareEvent.UNSHARE).put()])
        return response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
