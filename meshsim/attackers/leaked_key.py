"""The API key of a pair of servers got into wrong hands."""

from msgspec.structs import replace

from meshsim.attackers import FRIEND, VICTIM, Arena, Attack
from meshsim.site.pairing import KEY_HEADER


def build() -> Attack:
    """No options. The key that the friend shows to the victim is known, if there is one."""

    async def act(arena: Arena) -> None:
        key = await arena.bob.site.pairing.shown(VICTIM) or "there is no such key"
        request = arena.share("leaked", FRIEND)
        request = replace(request, headers={**request.headers, KEY_HEADER: key})
        await arena.impersonate(request)
        await arena.impersonate(arena.signed(request))

    return Attack("a share taken for one of the key's owner", 1, act, lambda arena: min(1, arena.forged()))
