"""Somebody on the way between two servers reads what they say and alters it."""

from collections.abc import Coroutine
from random import Random
from typing import Any

from msgspec.structs import replace

from meshsim.attackers import FRIEND, VICTIM, Arena, Attack
from meshsim.faults import PASS, Answer, Envelope, Verdict
from meshsim.wire import Request, Response, octets

TAKEN = Response(201, {"content-type": "application/json"}, b'{"recipientDisplayName":"alice"}')


def build() -> Attack:
    """No options. The connection is not protected by TLS, or by one that somebody else can end."""

    async def act(arena: Arena) -> None:
        altered: set[bytes] = set()

        def tap(envelope: Envelope, rng: Random) -> Verdict:
            request = envelope.request
            from_friend = (envelope.source, envelope.target) == (FRIEND, VICTIM)
            body = octets(request.body)
            if not from_friend or not request.url.endswith("/shares") or envelope.response is not None:
                return PASS
            if body in altered:
                return PASS
            changed = body.replace(b'"name":"work-', b'"name":"evil-')
            altered.add(changed)
            arena.spawn(instead(replace(request, body=changed)))
            return Answer(TAKEN)

        def instead(request: Request) -> Coroutine[Any, Any, Response | None]:
            # It leaves where the friend's own would have come by, so it has the friend's address.
            return arena.send(request, FRIEND)

        arena.mesh.network.add_fault("man_in_the_middle", tap)
        await arena.mesh.sleep(30.0)

    def got(arena: Arena) -> int:
        return sum(row.name.startswith("evil-") for row in arena.received())

    return Attack("6 shares that say what their sender never said", 6, act, got)
