"""The receiving server uses what opens a share for more than the share, and after its end."""

from meshsim.attackers import FRIEND, VICTIM, Arena, Attack
from meshsim.wire import Request, octets

PRIVATE = b"nobody was given this"


def build() -> Attack:
    """No options. The friend's server is the attacker; it was given one file."""

    async def act(arena: Arena) -> None:
        arena.alice.put("diary.txt", PRIVATE)
        (share,) = arena.alice.given()
        path = f"https://{VICTIM}/dav/files/alice/diary.txt"
        await arena.alice.unshare(share)
        for headers in (
            {"x-access-token": share.secret},
            {"authorization": f"Bearer {share.secret}"},
        ):
            await arena.send(Request("GET", path, headers), FRIEND)
            beside = f"https://{VICTIM}/dav/ocm/{share.provider_id}/../diary.txt"
            await arena.send(Request("GET", beside, headers), FRIEND)

    def got(arena: Arena) -> int:
        read = [e.response for e in arena.mesh.transcript if e.source == FRIEND and e.response is not None]
        return int(any(answer.status == 200 and octets(answer.body) == PRIVATE for answer in read))

    return Attack("a file that was never shared, read with the secret of one that was", 1, act, got)
