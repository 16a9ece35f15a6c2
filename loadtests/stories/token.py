"""Exchange and renewal of tokens that do not live long, while files are read with them."""

from collections import Counter

from loadtests import actors
from loadtests.stories import _standing
from loadtests.stories._standing import give, standing
from loadtests.turn import Turn, World
from meshsim.site.opening import EARLY, Token
from meshsim.site.records import share_key

NEEDS = _standing.NEEDS
WEIGHT = 1.0
SETTINGS = {"token_lifetime": int(EARLY) + 2}
"""Of a target that is started for this story: each token is renewed after two seconds."""


async def prepare(world: World) -> None:
    """Each peer is given something to read."""
    await give(world, "token")


async def story(turn: Turn) -> None:
    """One read: with the token at hand, without one, or with one that the target does not take any more."""
    there, turns = standing(turn.world)[turn.peer], turn.world.memory.setdefault("token turns", Counter())
    turns[turn.peer] += 1
    mine = turns[turn.peer]
    opening, key = there.peer.site.opening, share_key(there.host, there.share)
    held, how = opening.tokens.get(key), turn.chance.random()
    if held is None or held.until - EARLY <= there.peer.site.now():
        step = "exchange"
    elif how < 0.3:
        del opening.tokens[key]
        step = "exchange"
    elif how < 0.5:
        # As if it had ended before its time: the answer is 401, and a new one is fetched.
        opening.tokens[key] = Token(held.field[:-4] + "AAAA", held.until)
        step = "renew"
    else:
        step = "read"
    with turn.step(step):
        found = await actors.content(there.peer, there.host, there.share, "read-me.txt")
    right = f"shared with {turn.peer}\n".encode()
    turn.expect(step, found == right, "other bytes than were written")
    # Another turn of the peer that began meanwhile may just have thrown it away.
    turn.expect(step, key in opening.tokens or turns[turn.peer] != mine, "no token was given")
