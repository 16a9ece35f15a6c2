"""The code of one server works for another."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.token import TokenAnswer
from meshsim.site.granting import Granting

AREA = "token"
BREAKS = ("OCM-TOK-025",)
SEEN = ("FB-067",)


class Careless(Granting):
    """The client is not compared."""

    async def exchange(self, request, client: str, code: str):
        """Whoever has it may have it."""
        share = self.site.records.sent_with_secret(code)
        if share is None:
            return await super().exchange(request, client, code)
        await self.site.gate.admit(request, "token", client)
        grant = self.grant(share, int(self.site.now()) + 3600)
        token = self.tokens.issue(grant)
        self._remember(token, grant)
        return TokenAnswer(token, "Bearer", 3600)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
