"""What a server said is said again by another, as it was and altered."""

from msgspec.structs import replace

from meshsim.attackers import FRIEND, Arena, Attack
from meshsim.wire import octets


def build() -> Attack:
    """No options. A share of the friend was recorded on its way."""

    async def act(arena: Arena) -> None:
        said = next(
            e.request
            for e in arena.mesh.transcript
            if e.source == FRIEND and e.request.url.endswith("/shares")
        )
        plain = {n: v for n, v in said.headers.items() if "signature" not in n and n != "content-digest"}
        body = octets(said.body).replace(b'"providerId":"', b'"providerId":"again-')
        length = {"content-length": str(len(body))} if "content-length" in plain else {}
        await arena.impersonate(said)
        await arena.impersonate(replace(said, body=body))
        await arena.impersonate(replace(said, body=body, headers={**plain, **length}))
        await arena.mesh.sleep(400.0)
        await arena.impersonate(said)

    return Attack("a second share out of one", 1, act, lambda arena: min(1, arena.forged()), span=400.0)
