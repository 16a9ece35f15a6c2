"""A server's web pages are in other hands: its discovery document leads to another key."""

import json
from random import Random

from msgspec.structs import replace

from meshsim.attackers import EVIL, FRIEND, JSON, VICTIM, Arena, Attack
from meshsim.faults import PASS, Answer, Envelope, Verdict
from meshsim.wire import Response


def build() -> Attack:
    """No options. Neither the old signing key nor any pair key is known; requests have the right address."""

    async def act(arena: Arena) -> None:
        keys = {"keys": [arena.mesh.site(EVIL).key.public.jwk()]}

        def swap(envelope: Envelope, rng: Random) -> Verdict:
            ours = (envelope.source, envelope.target) == (VICTIM, FRIEND)
            if ours and envelope.response is not None and envelope.request.url.endswith("/jwks"):
                return Answer(Response(200, JSON, json.dumps(keys).encode()))
            return PASS

        arena.mesh.network.add_fault("changed_document", swap)
        await arena.mesh.sleep(2000.0)  # what was known of the friend is too old by then
        request = arena.share("swapped", FRIEND)
        await arena.send(arena.signed(request), FRIEND)
        await arena.send(replace(request, headers=JSON), FRIEND)

    return Attack(
        "a share signed with a key that was swapped", 1, act, lambda a: min(1, a.forged()), span=2000.0
    )
