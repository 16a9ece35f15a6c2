"""Requests that make the victim ask somebody who takes a very long time to answer."""

from meshsim.attackers import EVIL, Arena, Attack
from meshsim.ocm.share import EXCHANGE
from meshsim.wire import Request, Response

COUNT, PAUSE = 150, 0.2


def build() -> Attack:
    """No options. Each is from another host, which takes connections and says nothing."""

    async def act(arena: Arena) -> None:
        async def say_nothing(request: Request) -> Response:
            await arena.mesh.sleep(60.0)
            return Response(200)

        for number in range(COUNT):
            sender = f"slow{number}.{EVIL}"
            arena.mesh.attach(sender, say_nothing, EVIL)
            request = arena.share(f"slow-{number}", sender, requirements=(EXCHANGE,))
            arena.spawn(arena.send(arena.signed(request)))
            await arena.mesh.sleep(PAUSE)

    def got(arena: Arena) -> int:
        return sum(arena.honest())

    return Attack("honest requests that find no worker free", 6, act, got)
