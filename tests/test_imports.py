import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = "wire <- ocm <- accents, policies, tokens <- site <- apis <- mesh <- cli"
PORTS = "the standard and a site reach the world by their ports alone"
STRANGERS = "site and its faces know no network, and of plug-ins the contracts alone"

PLANTED = [
    ("meshsim/wire.py", "from meshsim.ocm.errors import OcmError", LAYERS),
    ("meshsim/wire.py", "import meshsim.plugins", LAYERS),
    ("meshsim/storage/__init__.py", "import meshsim.ocm", LAYERS),
    ("meshsim/stores/__init__.py", "import meshsim.storage", LAYERS),
    ("meshsim/faults/__init__.py", "import meshsim.entropy", LAYERS),
    (
        "meshsim/invariants/__init__.py",
        "import meshsim.apis",
        "invariants judge facts and touch nothing that runs",
    ),
    ("meshsim/utils.py", "", LAYERS),
    ("meshsim/ocm/address.py", "import asyncio", PORTS),
    ("meshsim/ocm/address.py", "from meshsim.storage import Entry", "ocm imports only wire"),
    ("meshsim/site/ports.py", "def now():\n    import time\n    return time.time()", PORTS),
    ("meshsim/site/ports.py", "from random import Random", PORTS),
    ("meshsim/site/ports.py", "import meshsim.storage.memory", STRANGERS),
    ("meshsim/apis/__init__.py", "import meshsim.network", STRANGERS),
    (
        "meshsim/faults/__init__.py",
        "import meshsim.clocks",
        "faults import only wire, and load each other by name",
    ),
    (
        "meshsim/tokens/__init__.py",
        "import meshsim.stores",
        "dialects, policies and tokens import only ocm and wire",
    ),
    ("meshsim/network/__init__.py", "from meshsim.ocm.address import OcmAddress", "network knows no OCM"),
    (
        "meshsim/network/blocking.py",
        "import gevent",
        "greenlets belong to the load tests, and Locust to its own process",
    ),
    ("meshsim/mesh.py", "import conformance", "meshsim finds the suites by name, at run time"),
    ("reports/__init__.py", "import meshsim.wire", "reports import nothing of ours"),
    ("meshsim/plugins.py", "import scenarios", "meshsim finds the suites by name, at run time"),
]


@pytest.fixture
def copy(tmp_path):
    """The packages and their contracts, to be spoiled."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in SETTINGS["root_packages"]:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
        )
    return tmp_path


def lint(place):
    """What import-linter says of the packages in that folder, and its exit status."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as main; main()",
            "--no-cache",
        ],
        cwd=place,
        env={"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_arrows_hold(copy):
    """No package imports another against the design."""
    status, told = lint(copy)

    assert 0 == status, told
    for contract in SETTINGS["contracts"]:
        assert f"{contract['name']} KEPT" in told


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_an_import_against_the_arrows_is_caught(copy, file, line, contract):
    """One forbidden line, anywhere in a module, breaks the contract that forbids it."""
    with (copy / file).open("a") as module:
        module.write(f"\n{line}\n")

    status, told = lint(copy)

    assert 1 == status, told
    assert f"{contract} BROKEN" in told


def test_every_contract_is_seen_to_break():
    """A contract that nothing was planted against might as well not be there."""
    assert {c["name"] for c in SETTINGS["contracts"]} == {contract for _, _, contract in PLANTED}


def test_every_suite_is_under_contract():
    """A suite that appears in the checkout is linted and comes with the wheel."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    suites = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"meshsim"}

    assert suites | {"meshsim"} == set(SETTINGS["root_packages"])
    assert {suite: f"meshsim/_bundle/{suite}" for suite in suites} == wheel["force-include"]
