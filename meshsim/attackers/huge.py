"""Bodies that are very long, and bodies that are very deep."""

from meshsim.attackers import EVIL, JSON, VICTIM, Arena, Attack
from meshsim.wire import Request

COUNT = 5
SIZE = 1536 * 1024
DEPTH = 50_000
FORM = {"content-type": "application/x-www-form-urlencoded"}


def build() -> Attack:
    """No options. A token request of 1.5 MiB, and a share of 50,000 brackets."""

    async def act(arena: Arena) -> None:
        deep = Request("POST", f"https://{VICTIM}/ocm/shares", JSON, b'{"shareWith":' + b"[" * DEPTH)
        form = f"grant_type=authorization_code&client_id={EVIL}&code=".encode() + b"x" * SIZE
        long = Request("POST", f"https://{VICTIM}/ocm/token", FORM, form)
        for number in range(2 * COUNT):
            await arena.send(arena.signed(long if number % 2 else deep))
            await arena.mesh.sleep(3.0)

    def got(arena: Arena) -> int:
        answers = [
            (e.request, e.response) for e in arena.mesh.transcript if (e.source, e.target) == (EVIL, VICTIM)
        ]
        return sum(
            # What is read to its end is not refused for its length.
            answer is None
            or answer.status == 500
            or (request.url.endswith("/token") and answer.status != 413)
            for request, answer in answers
        )

    return Attack(
        f"{COUNT} very long bodies read to their end, or a server broken by others", COUNT, act, got
    )
