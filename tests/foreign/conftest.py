import pytest

from tests.foreign.programs import Served


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Two sites that are served as long as tests want them."""
    running = Served(tmp_path_factory.mktemp("served"), "--port", "0")
    yield running
    running.stop()
