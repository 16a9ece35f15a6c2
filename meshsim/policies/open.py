"""Everybody may."""

from meshsim.policies import Every, Policy


def build() -> Policy:
    """No options."""
    return Every()
