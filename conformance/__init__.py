"""The conformance suite: what a test says of itself, and how it ends when it cannot judge.

A test names the requirements it judges, and may say when they apply:

    @requirement("OCM-SHARE-116")
    @needs(capability="invites")
    def test_...(site, peer, user): ...

It fails by `assert`. `Unsupported`, `Blocked` and `Inconclusive` end it without a judgement.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def requirement(*ids: str) -> "pytest.MarkDecorator":
    """The ids of the requirements (or ambiguities) that a test judges."""
    # Whoever only drives sites or loads them has no need of pytest, nor of its 9 MiB.
    import pytest

    return pytest.mark.requirement(*ids)


def needs(**wanted: Any) -> "pytest.MarkDecorator":
    """`capability=`, `criterion=` (one, or several in a tuple), `protocol=`: what the site must advertise.

    `policies=` is what a simulated site is to have; `disposable=True` says that the test spoils the site for
    others, so that only simulated ones are tried. A site whose driver can configure it is configured so; any
    other is asked, and the rest is unsupported.
    """
    import pytest

    return pytest.mark.needs(**wanted)


class Unsupported(Exception):
    """The target does not offer what the test is about."""


class Blocked(Exception):
    """Something that must work first does not; where that is judged, it fails."""


class Inconclusive(Exception):
    """Nothing was seen that could be judged."""
