"""What the ScienceMesh paper describes: rate limits, reverse look-up of the caller, and pair API keys."""

from meshsim.policies import Every, Policy, pair_key, rate, reverse


def build(central: bool = True, per_minute: float = 60.0, burst: int = 10) -> Policy:
    """Keys are polled from the `central` service or are in a list of the site's own."""
    limit = rate.build(per_minute, burst, endpoints=("shares", "invite-accepted"))
    return Every((limit, reverse.build(), pair_key.build(central)))
