import subprocess
import sys
from pathlib import Path

import pytest

from meshsim import plugins

ROOT = Path(__file__).parents[1]
PACKAGES = ("meshsim", "reports")
TESTS = ROOT / "tests"
FILES = [
    p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py")) if "_bundle" not in p.parts
]
PLUGINS = {
    ROOT / "meshsim" / folder / f"{name}.py" for folder in plugins.FOLDERS for name in plugins.names(folder)
}
MODULES = [p for p in FILES if not p.name.startswith("_") and p not in PLUGINS]


def mirror(module):
    """Where the tests of a module are."""
    place = module.relative_to(ROOT / "meshsim" if (ROOT / "meshsim") in module.parents else ROOT)
    return TESTS / place.parent / f"test_{place.name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(ROOT)))
def test_a_public_module_has_tests_of_its_name(module):
    """What `meshsim/ocm/address.py` does is found in `tests/ocm/test_address.py`."""
    tests = mirror(module)

    assert tests.is_file(), f"{tests.relative_to(ROOT)} is missing"
    assert "def test_" in tests.read_text()


@pytest.fixture(scope="module")
def examined():
    """The tests in every contract file, as pytest names them."""
    contracts = [str(p) for folder in plugins.FOLDERS if (p := TESTS / folder / "test_contract.py").is_file()]
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", *contracts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == found.returncode, found.stdout + found.stderr
    return [line for line in found.stdout.splitlines() if "::" in line]


@pytest.mark.parametrize("folder", plugins.FOLDERS)
def test_the_contract_test_of_a_folder_runs_over_every_file_in_it(folder, examined):
    """A plug-in is examined from the day its file appears, because the test asks for the files."""
    contract = TESTS / folder / "test_contract.py"

    assert contract.is_file(), f"{contract.relative_to(ROOT)} is missing"
    assert f'plugins.names("{folder}")' in contract.read_text()
    ids = [test.partition("[")[2] for test in examined if test.startswith(f"tests/{folder}/test_contract.py")]
    for name in plugins.names(folder):
        assert [i for i in ids if name in i.rstrip("]").split("-")], (
            f"{name} is not examined by {contract.name}"
        )


def test_the_architecture_has_a_place_for_every_module():
    """Whoever looks for what a file is for finds it there."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = [path.name for path in (ROOT / "meshsim").glob("[!_]*.py")]

    assert [] == [name for name in named if f"`{name}`" not in page and f"`meshsim/{name}`" not in page]
