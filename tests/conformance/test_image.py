import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from conformance import check, evidence, verdicts
from conformance.targets import Misuse, image, load

OURS = Path(os.environ.get("MESHSIM_ENGINE", "/tmp/meshsim-engine")) / "sock"
# Where containers share the network of the host, the port inside is the one outside.
SERVED = "image:meshsim?port=8901&command=campus --sites 1 --users 5 --port 8900"


@pytest.fixture
def engine(monkeypatch):
    """A container engine, with the image of `meshsim serve` and one whose containers end at once."""
    docker = pytest.importorskip("docker", reason="the extra `containers` is not installed")
    if "DOCKER_HOST" not in os.environ and OURS.exists():
        monkeypatch.setenv("DOCKER_HOST", f"unix://{OURS}")
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    with ExitStack() as stack:
        # One test at a time, whoever else runs some of them: containers share ports, and are counted.
        turn = stack.enter_context((Path(tempfile.gettempdir()) / "meshsim-engine.lock").open("w"))
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            if host.startswith("unix://"):
                # The client itself leaves its socket open where nobody answers.
                with socket.socket(socket.AF_UNIX) as knock:
                    knock.connect(host.removeprefix("unix://"))
            client = docker.from_env()
            stack.callback(client.close)
            there = client.images.list(name="meshsim")
        except (OSError, docker.errors.DockerException) as error:
            pytest.skip(f"no container engine; `.ci/engine start` makes one: {error}")
        if not there:
            pytest.skip("the container engine has no image meshsim; `.ci/engine start` makes it")
        yield client


def ours(engine):
    return [c for c in engine.containers.list(all=True, ignore_removed=True) if image.LABEL in c.labels]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("image:", "write image:NAME"),
        ("image:x?colour=red", "write image:NAME"),
        ("image:x?port=0", "no port"),
        ("image:x?scheme=ftp", "scheme is"),
    ],
)
def test_what_is_no_image_is_wrong_use(text, told):
    """And says what to write."""
    with pytest.raises(Misuse, match=told):
        load(text)


def test_without_an_engine_it_is_said(tmp_path):
    """With the variable that names one."""
    words = [sys.executable, "-m", "meshsim", "check", "image:meshsim"]
    env = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env=env)

    assert 2 == done.returncode
    assert "DOCKER_HOST" in done.stderr or "containers" in done.stderr


def test_a_container_is_started_judged_and_removed(engine, tmp_path):
    """Its log is evidence, and holds no password."""
    report, suite = check.run(load(SERVED))
    evidence.write(str(tmp_path / "x.zip"), report, suite)
    manifest = json.loads(zipfile.ZipFile(tmp_path / "x.zip").read("manifest.json"))
    passwords = [
        user["password"] for user in json.loads(manifest["log"].splitlines()[0])["sites"][0]["users"]
    ]

    assert [] == [v for v in report["verdicts"] if v["verdict"] in verdicts.BAD]
    assert 25 <= report["counts"]["passed"]
    assert SERVED == report["target"]
    assert '"url": "http://localhost:8901"' in manifest["log"]
    assert all(password.startswith("secret-") for password in passwords)
    assert [] == ours(engine)


def test_it_is_removed_after_an_interrupt(engine):
    """Ctrl+C in the middle of a run."""
    words = [sys.executable, "-m", "meshsim", "check", SERVED]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while not ours(engine) and process.poll() is None:
            pass
        assert ours(engine)
        process.send_signal(signal.SIGINT)
        process.wait(120)

    assert [] == ours(engine)


def test_what_a_killed_check_left_is_swept_by_the_next(engine):
    """A container whose examiner is gone."""
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    labels = {image.LABEL: gone.stdout.strip()}
    left = engine.containers.create("meshsim", labels=labels, network_mode="none")
    check.run(load(SERVED), only=["test_the_document_is_where"])

    assert left.id not in [c.id for c in engine.containers.list(all=True)]


def test_an_image_that_is_not_there_is_told(engine):
    """Nothing is left of the attempt."""
    with pytest.raises(Misuse, match="meshsim-nobody"):
        check.run(load("image:meshsim-nobody:1"))
    assert [] == ours(engine)


def test_a_container_that_ends_says_why(engine):
    """Its last words are in the message."""
    with pytest.raises(Misuse, match=r"ended: It wrote: .*nonsense"):
        check.run(load("image:meshsim?command=nonsense"))
    assert [] == ours(engine)
