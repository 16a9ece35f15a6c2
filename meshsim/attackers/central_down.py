"""The central service is down, for three days."""

from meshsim.attackers import CENTRAL, Arena, Attack

DAYS = 3 * 86400.0


def build() -> Attack:
    """No options."""

    async def act(arena: Arena) -> None:
        arena.mesh.crash(CENTRAL)
        await arena.mesh.sleep(DAYS)

    def got(arena: Arena) -> int:
        return sum(arena.honest())

    return Attack("6 honest shares, over three days, that are not delivered", 6, act, got, span=DAYS)
