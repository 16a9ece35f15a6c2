"""An invite taken up in the name of somebody who never did, with a link that got into wrong hands."""

from meshsim.attackers import FRIEND, Arena, Attack


def build() -> Attack:
    """No options. The token of an open invite is known."""

    async def act(arena: Arena) -> None:
        token = arena.alice.invite("for carol").token
        acceptance = {
            "recipientProvider": FRIEND,
            "token": token,
            "userID": "carol",
            "email": f"carol@{FRIEND}",
            "name": "Carol",
        }
        request = arena.post("/ocm/invite-accepted", acceptance)
        await arena.impersonate(request)
        await arena.impersonate(arena.signed(request))

    return Attack(
        "a contact that the other side knows nothing of", 1, act, lambda arena: arena.false_contacts()
    )
