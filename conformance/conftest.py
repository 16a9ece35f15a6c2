"""Plain `pytest conformance --site TARGET` is the suite as well."""

import pytest

from conformance import plugin


def pytest_configure(config: pytest.Config) -> None:
    """Markers, fixtures and verdicts."""
    plugin.register(config)
