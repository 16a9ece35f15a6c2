"""A flood of bogus shares: an inbox that nobody reads any more."""

from meshsim.attackers import EVIL, Arena, Attack

COUNT, PAUSE = 150, 0.2


def build() -> Attack:
    """No options. Where servers do not sign, every other share comes in a made-up name."""

    async def act(arena: Arena) -> None:
        for number in range(COUNT):
            sender = EVIL if arena.signs or number % 2 else f"s{number}.{EVIL}"
            arena.spawn(arena.send(arena.signed(arena.share(f"flood-{number}", sender))))
            await arena.mesh.sleep(PAUSE)

    def got(arena: Arena) -> int:
        return sum(row.host.endswith(EVIL) for row in arena.received())

    return Attack(f"{COUNT} bogus shares in the inbox of a user within 30 s", COUNT, act, got)
