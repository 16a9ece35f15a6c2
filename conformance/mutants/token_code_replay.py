"""A code works once."""

from typing import ClassVar

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.token import TokenError
from meshsim.site.granting import Granting

AREA = "token"
BREAKS = ("OCM-TOK-017",)
SEEN = ("FB-076",)


class Careless(Granting):
    """The second exchange is refused."""

    used: ClassVar[set[str]] = set()

    async def exchange(self, request, client: str, code: str):
        """As OAuth has it, and OCM has not."""
        answer = await super().exchange(request, client, code)
        mark = f"{id(self.site)} {code}"
        if mark in self.used:
            raise TokenError("invalid_grant", "the code was used")
        self.used.add(mark)
        return answer


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
