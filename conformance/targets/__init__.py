"""What is examined. A target is `KIND:NAME` or a URL; each kind is one file here.

A file offers `build(text, **options) -> Target`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from conformance.record import Session

Wants = Mapping[str, Any]
"""What a test needs the site to advertise: capability, criterion, protocol, and settings."""


class Misuse(ValueError):
    """A target that cannot be understood; says what to write instead."""


class Target(Protocol):
    """A site that tests are run against."""

    name: str
    real: bool
    """Whether somebody else owns it: then requests are counted and things are cleaned up."""

    def open(self, test: str, wants: Wants) -> Session:
        """A session for one test."""
        ...

    def secrets(self) -> set[str]:
        """Secrets of the site that the suite may not know from its own traffic."""
        ...


def load(text: str, **options: Any) -> Target:
    """The target that a text names; Misuse."""
    kind, _, _ = text.partition(":")
    if kind in ("http", "https"):
        from conformance.targets import url

        return url.build(text, **options)
    if kind in ("sim", "mutant"):
        from conformance.targets import sim

        return sim.build(text, **options)
    if kind == "image":
        from conformance.targets import image

        return image.build(text, **options)
    if text.partition("#")[0].endswith(".har"):
        from conformance.targets import har

        return har.build(text, **options)
    near = f"did you mean https://{text}? " if "." in text or text.startswith("localhost") else ""
    raise Misuse(f"no target {text!r}: {near}Write https://HOST, sim:standard, mutant:SLUG or a file x.har")
