import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meshsim import bundle

ASK = """
import sys
before = list(sys.path)
from meshsim import bundle
print(bundle.root())
print(bundle.names("reports"), bundle.names("scenarios"))
print(before == sys.path)
print(bundle.load("reports", "colour").MINE)
bundle.load("reports", "colour")
print(len(sys.path) - len(before))
"""


@pytest.fixture(params=["checkout", "installed"])
def suites(request, tmp_path):
    """The folder of the suites, beside the package or inside it."""
    package = tmp_path / "place" / "meshsim"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    shutil.copy(bundle.__file__, package)
    root = package / "_bundle" if request.param == "installed" else package.parent
    (root / "reports").mkdir(parents=True)
    (root / "reports" / "__init__.py").write_text("")
    (root / "reports" / "colour.py").write_text("MINE = 'the suite'")
    (root / "reports" / "_shade.py").write_text("")
    return root


def test_the_suites_are_found_beside_or_inside_the_package(suites, tmp_path):
    """A user's folder of the same name, in the current folder, is not taken for ours."""
    user = tmp_path / "user"
    (user / "reports").mkdir(parents=True)
    (user / "reports" / "__init__.py").write_text("")
    (user / "reports" / "colour.py").write_text("MINE = 'the user'")

    told = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=user,
        env={"PYTHONPATH": str(tmp_path / "place")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert [str(suites.resolve()), "['colour'] []", "True", "the suite", "1"] == told.splitlines()


def test_this_checkout_is_its_own_root():
    """Tests run against the suites beside the package, not against a copy."""
    assert Path(__file__).parents[1] == bundle.root()


@pytest.mark.parametrize("suite", ["", "report", "..", "meshsim"])
def test_only_suites_are_looked_into(suite):
    """A name that is no suite is refused, with those that are."""
    with pytest.raises(bundle.UnknownModule, match="conformance, loadtests, reports, scenarios"):
        bundle.names(suite)


@pytest.mark.parametrize("name", ["", "no_such_story", "..", "__init__"])
def test_only_files_of_the_suite_are_loaded(name):
    """A name that is no file of the suite is refused by that name."""
    with pytest.raises(bundle.UnknownModule, match=f"there is no scenario {name!r}".replace(".", r"\.")):
        bundle.load("scenarios", name)
