"""A share in the name of a server that did not send it."""

from meshsim.attackers import FRIEND, Arena, Attack


def build() -> Attack:
    """No options. Unsigned, and signed with a key of the attacker's own."""

    async def act(arena: Arena) -> None:
        await arena.impersonate(arena.share("spoof-plain", FRIEND))
        await arena.impersonate(arena.signed(arena.share("spoof-signed", FRIEND)))

    return Attack("a share taken for one of somebody else", 1, act, lambda arena: min(1, arena.forged()))
