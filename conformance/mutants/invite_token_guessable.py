"""Tokens of invites are counted."""

from msgspec.structs import replace

from meshsim.departure import Departure

AREA = "invite"
BREAKS = ("OCM-INV-001",)
SEEN = ("FB-129",)


class Counting:
    """Chance that is none where invites are made."""

    def __init__(self, kept) -> None:
        self.kept = kept
        self.made = 0

    def token(self, purpose: str, count: int = 24) -> str:
        """Numbers, one after the other."""
        if purpose != "invite":
            return self.kept.token(purpose, count)
        self.made += 1
        return f"invite-{self.made}"

    def __getattr__(self, name: str):
        return getattr(self.kept, name)


def build() -> Departure:
    """Another source of chance."""
    return Departure(ports=lambda kept: replace(kept, entropy=Counting(kept.entropy)))
