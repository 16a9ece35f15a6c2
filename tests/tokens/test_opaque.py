"""Opaque secrets: text from the site's entropy and nothing else."""

import pytest

from meshsim.tokens import BadToken
from meshsim.tokens.opaque import build


def test_a_secret_is_the_next_text_of_the_entropy():
    """Nothing is added to it, and nothing about the grant is in it."""
    texts = iter(["first", "second"])
    kind = build(bytes(32), lambda: next(texts))

    assert ["first", "second"] == [kind.issue(None), kind.issue(None)]


def test_there_is_nothing_to_read():
    """The site has to remember; asking the secret is a mistake that opens nothing."""
    kind = build(bytes(32), lambda: "secret")

    assert not kind.stateless
    with pytest.raises(BadToken, match="no grant"):
        kind.read("secret", 0)
