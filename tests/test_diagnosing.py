import subprocess
import sys

import pytest


@pytest.mark.parametrize("url", ["nonsense", "https://x/path"])
def test_what_is_no_url_of_a_site_is_wrong_use(url):
    """With what to write instead."""
    command = [sys.executable, "-m", "meshsim", "doctor", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert 2 == done.returncode
    assert "write https://host" in done.stderr


def test_a_site_that_is_not_there_is_1():
    """And the first broken check is where to begin."""
    command = [sys.executable, "-m", "meshsim", "doctor", "https://nobody.invalid"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert 1 == done.returncode
    assert "begin with name" in done.stdout
