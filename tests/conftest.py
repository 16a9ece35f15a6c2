"""How the tests run: Hypothesis repeats itself, so that a failure seen once is seen again."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
# `pytest --hypothesis-profile=explore` looks for what the repeated examples do not show.
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile("repeatable")
