"""What a mesh is made of: the plan of each site, and what is common to all. Plain values."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

USERS = ("alice", "bob", "carol")
"""Who lives at a site of which nothing else is said."""


class Plan(msgspec.Struct, frozen=True):
    """One site of a topology. Plug-ins are named, with options where they take any."""

    host: str
    dialect: str = "standard"
    dialect_options: Mapping[str, Any] = {}
    scheme: str = "https"
    criteria: tuple[str, ...] = ()
    policies: tuple[Any, ...] = ()
    """All of them must admit a request; what an expression is, `policies.compose` says."""
    users: int | tuple[str, ...] = USERS
    groups: Mapping[str, tuple[str, ...]] | int = {}
    secret_kind: str = "opaque"  # noqa: S105 - the name of a plug-in
    token_kind: str = "exchanged"  # noqa: S105
    storage: str = "memory"
    clock: str = "true"
    clock_options: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}
    """Other fields of the site's Profile."""


class Topology(msgspec.Struct, frozen=True):
    """What a mesh is made of. Latency is in seconds, one way."""

    sites: tuple[Plan, ...]
    latency: float = 0.01
    jitter: float = 0.0
    directory: str | None = None
    """A host that keeps a directory which all sites register with and poll."""
    federation: str = "ScienceMesh"


def default_topology(count: int = 2) -> Topology:
    """`count` alike sites: alpha.example.org, beta.example.org, and so on."""
    return Topology(tuple(Plan(f"{name}.example.org") for name in names(count)))


GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)


def names(count: int) -> Iterable[str]:
    """Names for sites: the Greek letters, then numbers."""
    return [*GREEK[:count], *(f"site{n}" for n in range(len(GREEK), count))]
