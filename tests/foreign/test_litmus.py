"""litmus, the test suite of WebDAV servers, on a user's own files."""

import re

from tests.foreign.programs import need, run

SUITES = ("basic", "copymove", "props", "locks", "http")


def test_litmus_finds_no_failure_and_has_no_warning(served, tmp_path):
    """In each of its suites."""
    (litmus,) = need("litmus")
    user = served.user(0)
    told = run(
        litmus,
        f"{user.files}/",
        user.name,
        user.password,
        cwd=tmp_path,
        env={"TESTS": " ".join(SUITES), "PATH": "/usr/bin:/bin"},
    )
    summaries = re.findall(r"summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed", told)

    assert list(SUITES) == [name for name, *_ in summaries], told
    assert all(run == passed and failed == "0" for _, run, passed, failed in summaries), told
    assert "WARNING" not in told, told
