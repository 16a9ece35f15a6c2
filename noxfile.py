"""Makes a thing: `nox -s demo`, and so on. Whether all is right is `tox`'s question."""

import zipfile
from pathlib import Path

import nox

LOCK = ("-c", "requirements/dev.txt")

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = []


def tests(session: nox.Session, *words: str, **env: str) -> None:
    """pytest with these words and this environment, and all that the tests need."""
    session.install(*LOCK, "-e", ".[dev]")
    session.run("python", "-m", "pytest", *words, env=env)


@nox.session
def demo(session: nox.Session) -> None:
    """The eight sites of the paper; what is put after `--` goes to `meshsim run`."""
    session.install(*LOCK, "-e", ".")
    session.run("meshsim", "run", *(session.posargs or ["sciencemesh"]))


@nox.session
def bench(session: nox.Session) -> None:
    """Speed, as ratios with peers measured in the same run."""
    session.install(*LOCK, "-e", ".[dev]")
    session.run("meshsim", "bench", *session.posargs)


@nox.session
def bench_served(session: nox.Session) -> None:
    """Speed over sockets, beside other WebDAV servers; twenty minutes, and 13 GB of disk for a while."""
    session.install(*LOCK, "-e", ".[dev]", "cheroot")
    session.run(".ci/clients", external=True)
    session.run("meshsim", "bench", "--served", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """All load stories by weight on a mesh of its own; what is put after `--` goes to `meshsim load`."""
    session.install(*LOCK, "-e", ".[load]")
    session.run("meshsim", "load", *(session.posargs or ["mixed"]))


@nox.session
def edges(session: nox.Session) -> None:
    """The highest rate that a served mesh keeps to, and a site beside itself and beside a slower one.

    Ten minutes on a quiet machine; on a busy one a comparison may be unclear, and says so.
    """
    session.install(*LOCK, "-e", ".[dev]")
    words = ("load", "token", "--find-capacity", "--rate", "20", "--duration", "5", *session.posargs)
    session.run("meshsim", *words, success_codes=[0, 1])
    session.run(
        *("python", "-m", "pytest", "-s", "-rs", "tests/loadtests/test_compare.py"),
        env={"MESHSIM_COMPARE": "1"},
    )


@nox.session
def determinism(session: nox.Session) -> None:
    """Each scenario twenty times, in fresh interpreters under different hash seeds: one digest."""
    tests(session, "tests/test_scenarios.py", "-k", "fresh_interpreters", MESHSIM_RUNS="20")


@nox.session
def worlds(session: nox.Session) -> None:
    """Every scenario with five seeds, simulated and on real sockets: both must end alike."""
    tests(session, "tests/test_outcome.py", MESHSIM_WORLDS="5")


@nox.session
def fuzz(session: nox.Session) -> None:
    """100,000 requests, more or less malformed, to a served mesh; a number after `--` is another seed."""
    seed = session.posargs[0] if session.posargs else "0"
    tests(session, "-s", "tests/test_fuzz.py", MESHSIM_FUZZ="100000", MESHSIM_FUZZ_SEED=seed)


@nox.session
def explore(session: nox.Session) -> None:
    """What Hypothesis finds when it has time: the model of a mesh first, then all that parses."""
    what = session.posargs or ["tests/test_model.py", "tests/ocm", "tests/dialects", "tests/tokens"]
    tests(session, "-n", "auto", "--hypothesis-profile=explore", *what)


@nox.session
def kill(session: nox.Session) -> None:
    """Simulated and served sites with data on disk, each killed sixty times while people work."""
    words = ("-s", "tests/test_kill.py", "tests/test_kill_served.py", *session.posargs)
    tests(session, *words, MESHSIM_KILLS="60")


@nox.session
def peers(session: nox.Session) -> None:
    """Real servers that run already, examined in both roles, and files shared with them both ways.

    They are named in the environment, as tests/foreign/test_peers.py has it; what is missing is said.
    """
    tests(session, "-v", "-rs", "tests/foreign/test_peers.py", *session.posargs)


@nox.session
def kills(session: nox.Session) -> None:
    """All mutants; which test kills which goes into `conformance/kills.json`, for `meshsim explain`."""
    words = ("tests/conformance/test_mutants.py", "-k", "every_mutant")
    tests(session, *words, MESHSIM_KILLS_FILE="conformance/kills.json")


@nox.session
def configurations(session: nox.Session) -> None:
    """The suite against the standard site in each of its configurations, a thousand of them: an hour."""
    words = ("-n", "auto", "tests/conformance/test_matrix.py", *session.posargs)
    tests(session, *words, MESHSIM_CONFIGURATIONS="all")


@nox.session
def containers(session: nox.Session) -> None:
    """The image of `meshsim serve`, built without the network and examined in an engine of our own."""
    session.install(*LOCK, "-e", ".[dev]")
    try:
        session.run(".ci/engine", "start", external=True)
        session.run("python", "-m", "pytest", "-v", "-rs", "tests/conformance/test_image.py")
    finally:
        session.run(".ci/engine", "stop", external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the pages that code makes, `docs/X.py` writing `docs/X.md`; then run all examples."""
    session.install(*LOCK, "-e", ".[dev]")
    for script in sorted(Path("docs").glob("*.py")):
        with script.with_suffix(".md").open("w", encoding="utf-8") as page:
            session.run("python", str(script), stdout=page)
    session.run("python", "-m", "pytest", "tests/test_docs.py")


@nox.session(reuse_venv=False)
def release(session: nox.Session) -> None:
    """Source and wheel in `dist/`; the wheel is installed as a user would and runs every scenario."""
    session.install(*LOCK, "build")
    dist = Path("dist").resolve()
    for old in dist.glob("meshsim-*"):
        old.unlink()
    session.run("python", "-m", "build")
    (wheel,) = dist.glob("*.whl")
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    if sorted(tops) != ["meshsim", f"{wheel.name.rsplit('-', 3)[0]}.dist-info"]:
        session.error(f"the wheel holds more than one import name: {sorted(tops)}")
    scenarios = [p.stem for p in sorted(Path("scenarios").glob("[!_]*.py"))]
    if not scenarios:
        session.error("there is no scenario to try it with")
    session.install(str(wheel))
    session.chdir(session.create_tmp())
    for scenario in scenarios:
        session.run("meshsim", "run", scenario, "--sites", "3")


@nox.session
def lock(session: nox.Session) -> None:
    """The newest versions of all that the tests need, into `requirements/dev.txt`."""
    session.install("pip-tools")
    session.run(
        "pip-compile",
        "--quiet",
        "--upgrade",
        "--strip-extras",
        "--no-emit-options",
        "--no-emit-index-url",
        "--no-emit-trusted-host",
        "--no-emit-find-links",
        "--extra=dev",
        "--output-file=requirements/dev.txt",
        "pyproject.toml",
        env={"CUSTOM_COMPILE_COMMAND": "nox -s lock"},
    )
