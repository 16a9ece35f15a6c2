import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import distribution, distributions, packages_distributions
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement

from meshsim import __version__, bundle

ROOT = Path(__file__).parents[1]
USERS_OWN = "raise SystemExit('the folder of the user was taken for ours')"


def run(*command, cwd):
    """What a command prints, once it ended well, away from the settings of this run."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON", "COV"))}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built without the network."""
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", place, cwd=ROOT)
    (made,) = place.glob("*.whl")
    return made


def applies(requirement, extra=""):
    """Whether a requirement counts here, when its distribution is asked for with that extra."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def needed(requirements):
    """All that installing these brings: what they name, what that requires, and so on."""
    found, asked = {}, [r for r in requirements if applies(r)]
    while asked:
        requirement = asked.pop()
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) not in found:
                found[requirement.name, extra] = here = distribution(requirement.name)
                asked += [r for text in here.requires or () if applies(r := Requirement(text), extra)]
        assert requirement.specifier.contains(found[requirement.name, ""].version), requirement
    return found.values()


def lend(found, site_packages):
    """Put a distribution that is installed here into another environment, as links."""
    for top in {file.parts[0] for file in found.files} - {"..", "__pycache__"}:
        link = site_packages / top
        if not link.exists():
            link.symlink_to(found.locate_file(top))


def fresh(place, wheel, *more):
    """A new virtual environment's programs: the wheel with exactly what it says it needs, and `more`.

    The dependencies are lent by this environment, so that the test needs no network.
    """
    run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place)
    pip = (sys.executable, "-m", "pip", "--python", place / "bin" / "python")
    run(*pip, "install", "-q", "--no-index", "--no-deps", wheel, cwd=place)
    site_packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(place)}))
    (made,) = distributions(name="meshsim", path=[str(site_packages)])
    for found in needed([Requirement(text) for text in (*made.requires, *more)]):
        lend(found, site_packages)
    return place / "bin"


@pytest.fixture(scope="module")
def bare(wheel, tmp_path_factory):
    """An environment with no extra."""
    return fresh(tmp_path_factory.mktemp("bare"), wheel)


@pytest.fixture(scope="module")
def testing(wheel, tmp_path_factory):
    """The environment of somebody who tests their own product with pytest."""
    return fresh(tmp_path_factory.mktemp("testing"), wheel, "pytest")


@pytest.fixture
def folder(tmp_path):
    """A user's folder, with things in it that have the names of our suites."""
    for suite in bundle.SUITES:
        (tmp_path / suite).mkdir()
        (tmp_path / suite / "__init__.py").write_text(USERS_OWN)
    return tmp_path


def test_the_wheel_installs_one_name(wheel):
    """Nothing but `meshsim` becomes importable, and nothing that Python compiled is carried."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {"meshsim", f"meshsim-{__version__}.dist-info"} == {name.partition("/")[0] for name in names}
    assert [] == [name for name in names if name.endswith(".pyc")]


def test_the_wheel_carries_the_suites_whole(wheel):
    """Every file of every suite in the checkout is inside the package."""
    with zipfile.ZipFile(wheel) as archive:
        carried = {n.removeprefix("meshsim/_bundle/") for n in archive.namelist() if "/_bundle/" in n}

    kept = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *bundle.SUITES, cwd=ROOT)
    assert set(kept.split()) == carried
    assert {"loadtests", "reports", "scenarios"} <= {name.partition("/")[0] for name in carried}


def test_the_licence_is_told_and_carried(wheel):
    """The metadata names the licence as PEP 639 wants it, and its text comes along."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"meshsim-{__version__}.dist-info/METADATA").decode()
        text = archive.read(f"meshsim-{__version__}.dist-info/licenses/LICENSE").decode()

    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert (ROOT / "LICENSE").read_text() == text


def test_a_users_folders_keep_their_names(bare, folder):
    """With the wheel installed, `import reports` still means the user's own folder."""
    ask = f"import meshsim, {', '.join(bundle.SUITES)}; print(reports.MINE, meshsim.__file__)"
    for suite in bundle.SUITES:
        (folder / suite / "__init__.py").write_text("MINE = True")

    assert run(bare / "python", "-c", ask, cwd=folder).startswith(f"True {bare.parent}")


def test_a_users_own_tests_have_a_mesh_and_keep_their_folders(testing, folder):
    """The fixtures come with the installation; running them puts nothing on the path."""
    (folder / "reports" / "__init__.py").write_text("MINE = True")
    (folder / "test_own.py").write_text(
        "import reports\n\ndef test_own(mesh):\n    assert mesh and reports.MINE\n"
    )

    assert "1 passed" in run(testing / "python", "-m", "pytest", "-q", cwd=folder)


@pytest.mark.parametrize("command", [["meshsim"], ["python", "-m", "meshsim"]], ids=["command", "module"])
def test_a_scenario_runs_from_any_folder(bare, folder, command):
    """Both ways of starting it find the bundled scenarios, and not the user's folders."""
    program, *words = command
    told = run(bare / program, *words, "run", "sciencemesh", "--sites", "3", "--json", "run.json", cwd=folder)

    assert "sciencemesh" in told
    assert json.loads((folder / "run.json").read_text())["ok"] is True


def test_what_is_imported_is_declared():
    """Each library that a module imports, even inside a function, is a dependency or part of an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [
        names for extra, names in project["optional-dependencies"].items() if extra not in ("dev", "all")
    ]
    declared = {Requirement(text).name.lower() for text in sum(extras, project["dependencies"])}
    graph = grimp.build_graph("meshsim", include_external_packages=True, cache_dir=None)
    imported = {m for m in graph.modules if graph.is_module_squashed(m)} - sys.stdlib_module_names
    imported -= {"pytest"}  # who loads our plug-in

    assert {"httpx", "msgspec"} <= imported
    for name in imported:
        assert declared & {found.lower() for found in packages_distributions()[name]}, name


def test_the_lock_is_current():
    """All that the tests need is locked, at a version that is asked for; `nox -s lock` makes it so."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements" / "dev.txt").read_text().splitlines()
    locked = dict(line.split("==") for line in lines if line and line[0] not in "# ")

    for text in project["dependencies"] + project["optional-dependencies"]["dev"]:
        asked = Requirement(text)
        assert asked.specifier.contains(locked[asked.name.lower()]), text


@pytest.mark.parametrize("scenario", bundle.names("scenarios"))
def test_every_scenario_runs_in_a_bare_install(bare, folder, scenario):
    """No scenario needs an extra."""
    run(bare / "python", "-m", "meshsim", "run", scenario, "--sites", "2", "--users", "4", cwd=folder)
