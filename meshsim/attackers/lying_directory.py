"""The central service lies: it lists the attacker as a member, and gives it keys."""

from msgspec.structs import replace

from meshsim.attackers import CENTRAL, EVIL, VICTIM, Arena, Attack
from meshsim.ocm.directory import Server
from meshsim.ocm.document import load
from meshsim.ocm.errors import OcmError
from meshsim.site.pairing import KEY_HEADER, KEYS_PATH, SITE_HEADER
from meshsim.wire import Request, Response, octets


def build() -> Attack:
    """No options. The service signs what it says with its own key."""

    async def act(arena: Arena) -> None:
        central = arena.mesh.site(CENTRAL)
        central.listing.enter(Server(f"https://{EVIL}", "A friendly site"))
        central.pairing.enrol(EVIL, "the attacker's account")
        await arena.mesh.sleep(3700.0)  # all lists are polled anew
        headers = {KEY_HEADER: "the attacker's account", SITE_HEADER: EVIL}
        answer = await arena.send(Request("GET", f"https://{CENTRAL}{KEYS_PATH}", headers))
        request = arena.share("listed")
        await arena.send(
            arena.signed(replace(request, headers={**request.headers, KEY_HEADER: key_of(answer)}))
        )

    def got(arena: Arena) -> int:
        return sum(row.host == EVIL for row in arena.received())

    return Attack("a share of a site that no operator ever admitted", 1, act, got, span=3700.0)


def key_of(answer: Response | None) -> str:
    """The newest key for the victim in what the service answered; a made-up one if there is none."""
    try:
        keys = load(octets(answer.body))["keys"] if answer is not None else []
    except (OcmError, KeyError):
        keys = []
    found = [key["secret"] for key in keys if key["host"] == VICTIM] if isinstance(keys, list) else []
    return found[-1] if found else "there is no such key"
