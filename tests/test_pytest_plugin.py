"""The fixtures as users of the package meet them."""

import subprocess
import sys


def test_a_mesh_is_there_and_differs_by_marker_and_seed(pytester):
    """Fixtures, marker and option, in a folder that knows nothing of us."""
    pytester.makepyfile(
        """
        import pytest

        def test_default(mesh, alice, bob):
            assert ("alpha.example.org", "beta.example.org") == mesh.hosts
            share = mesh.run(alice.share("/notes.txt", bob.address))
            assert share.provider_id == bob.received()[0].provider_id

        @pytest.mark.mesh(3, seed=9)
        def test_marked(mesh):
            assert (3, 9) == (len(mesh.hosts), mesh.seed)

        def test_made(make_mesh, request):
            assert 5 == make_mesh(4).seed == request.config.getoption("--mesh-seed")
        """
    )
    pytester.runpytest_subprocess("--mesh-seed", "5", "--strict-markers").assert_outcomes(passed=3)


def test_a_failing_test_shows_what_was_said(pytester):
    """The exchanges stand below the failure."""
    pytester.makepyfile(
        """
        def test_fails(mesh, alice, bob):
            mesh.run(alice.share("/notes.txt", bob.address))
            assert False
        """
    )
    result = pytester.runpytest_subprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*alpha.example.org -> beta.example.org POST /ocm/shares: 201*"])


def test_only_the_end_of_a_long_story_is_shown(pytester):
    """Requests without an answer say why, or that they are under way."""
    pytester.makepyfile(
        """
        from meshsim.wire import Request

        def test_fails(mesh):
            port = mesh.fabric.port("a.example")
            for number in range(60):
                mesh.run(port.send(Request("GET", f"https://alpha.example.org/{number}")))
            mesh.transcript.begin("a.example", "b.example", Request("GET", "https://x/last"), mesh.now)
            assert False
        """
    )
    shown = pytester.runpytest_subprocess().stdout

    shown.fnmatch_lines(["*(21 earlier exchanges)*", "*GET /21: 404*", "*GET /last: under way*"])
    shown.no_fnmatch_line("*GET /20: 404*")


def test_options_of_the_suite_are_known_once_installed(pytester):
    """`--site` is a plug-in's option, so that it works without a conftest."""
    pytester.makepyfile("def test_x(request): assert 'sim:standard' == request.config.getoption('--site')")
    pytester.runpytest_subprocess("--site", "sim:standard").assert_outcomes(passed=1)


def test_nothing_heavy_is_loaded_before_a_mesh_is_asked_for():
    """Only the plug-in itself, and pytest, which is there anyway."""
    code = (
        "import sys, pytest; before = set(sys.modules); import meshsim.pytest_plugin;"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "['meshsim', 'meshsim.pytest_plugin']" == done.stdout.strip()
