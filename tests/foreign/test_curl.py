"""curl, in the examples that README gives, as they stand there."""

import re

from tests.foreign.programs import ROOT, need, run

SECTION = re.compile(r"^## Served$(.*?)^## ", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_examples_of_the_readme_work(served, tmp_path):
    """Each line does what it says, with the addresses and passwords of this run in place of those shown."""
    need("curl")
    owner, user = served.user(0), served.user(1)
    serve, *examples = FENCE.findall(SECTION.search((ROOT / "README.md").read_text())[1])
    assert serve.startswith("meshsim serve sciencemesh --sites 2")
    (tmp_path / "thesis.txt").write_text("It works.")
    replaced = {"localhost:8401": owner.site[7:], "localhost:8402": user.site[7:]}
    told = ""
    for script in examples:
        for shown, here in replaced.items():
            script = script.replace(shown, here)
        env = {"PATH": "/usr/bin:/bin", "PASSWORD": owner.password, "PASSWORD2": user.password}
        told += run(
            "bash", "-euo", "pipefail", "-c", script.replace("curl ", "curl -fsS "), cwd=tmp_path, env=env
        )

    assert owner.address in told
    assert "It works." in told
    assert "<D:href>/dav/files/u1/thesis.txt</D:href>" in told
    assert f'"shareWith":"{user.address}"' in told
    assert b"It works." == owner.http.get(f"{owner.files}/thesis.txt").content
