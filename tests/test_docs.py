"""Examples in README and docs are run: every fence of `python` and `console`, each in a folder of its own.

A `python` fence with a test in it goes to pytest, or to `meshsim check` if it judges a requirement; any other
is a program. A `console` fence holds
commands after "$ " and what they print; "..." stands for any text.
"""

import contextlib
import doctest
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "changelog.d").glob("*.md")),
]
MADE = sorted((ROOT / "docs").glob("*.py"))
SHOWN = {"sh", "text", "json", "toml", "yaml", "mermaid", "http", "xml"}
"""Languages of fences that are only shown."""

TUTORIALS = ("docs/check-your-site.md",)
"""Pages whose examples build on those before them."""

LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def fences(page):
    """The fences of a page: line, language and text."""
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "fence":
            yield token.map[0] + 1, token.info.strip(), token.content


def examples(language):
    """The fences of one language in all pages, for pytest."""
    return [
        pytest.param(text, id=f"{page.relative_to(ROOT)}:{line}")
        for page in PAGES
        for line, info, text in fences(page)
        if info == language
    ]


def run(*words, cwd, shell=False):
    """What a command prints and its exit status, with our own commands found first."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    env |= {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}
    command = words[0] if shell else words
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        shell=shell,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def dialogue(text):
    """The commands of a console fence, each with what it prints."""
    return [part.partition("\n")[::2] for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("text", examples("python"))
def test_an_example_in_python_runs(text, tmp_path):
    """What a reader copies works as it stands."""
    (tmp_path / "test_example.py").write_text(text)
    how = ("-m", "pytest", "-q", "-p", "no:cacheprovider") if "def test_" in text else ()
    if "@requirement" in text:
        names = re.findall(r"def (test_\w+)", text)
        how = ("-m", "meshsim", "check", "sim:standard", *(f"--only={name}" for name in names), "--tests")
    status, told = run(sys.executable, *how, "test_example.py", cwd=tmp_path)

    assert 0 == status, told


@pytest.mark.parametrize("text", [p for p in examples("console") if not str(p.id).startswith(TUTORIALS)])
def test_an_example_on_the_command_line_prints_what_is_shown(text, tmp_path):
    """A reader who types the command sees what the page shows."""
    assert text.startswith("$ ")
    for command, shown in dialogue(text):
        status, told = run(command, cwd=tmp_path, shell=True)
        assert 0 == status, told
        assert doctest.OutputChecker().check_output(shown, told, LIKE), f"$ {command}\n{told}"


def free():
    """The first of two ports that nobody has."""
    while True:
        with socket.socket() as one, socket.socket() as other, contextlib.suppress(OSError, OverflowError):
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", one.getsockname()[1] + 1))
            return one.getsockname()[1]


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_tutorial_can_be_followed_from_its_beginning_to_its_end(page, tmp_path):
    """Its examples are one story in one folder; what was started is ended, whatever comes of it."""
    told = [text for _, language, text in fences(ROOT / page) if language == "console"]
    first = free()
    try:
        for text in told:
            # The page's ports may be taken here.
            text = text.replace("18460", str(first)).replace("18461", str(first + 1))
            test_an_example_on_the_command_line_prints_what_is_shown(text, tmp_path)
    finally:
        for file in tmp_path.glob("*.pid"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGTERM)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_fence_is_run_or_only_shown_by_its_language(page):
    """A language misspelt would leave an example unrun unnoticed."""
    for line, language, _ in fences(page):
        assert language in SHOWN | {"python", "console"}, f"{page.name}:{line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_link_leads_somewhere(page):
    """Links between pages name files that exist."""
    inline = [child for token in MarkdownIt().parse(page.read_text()) for child in token.children or ()]
    for target in [child.attrGet("href") for child in inline if child.type == "link_open"]:
        path = str(target).partition("#")[0]
        if path and "://" not in path:
            assert (page.parent / path).exists(), target


@pytest.mark.parametrize("script", MADE, ids=lambda p: p.stem)
def test_a_page_made_by_code_is_current(script):
    """`nox -s docs` writes such pages; what it would write now is what is there."""
    status, told = run(sys.executable, script, cwd=ROOT)

    assert 0 == status, told
    assert script.with_suffix(".md").read_text() == told


def test_ci_runs_the_line_that_the_readme_gives():
    """The tests are run for us exactly as the README says to everybody."""
    readme = [text.strip() for _, language, text in fences(ROOT / "README.md") if language == "sh"]
    ci = (ROOT / ".ci" / "run").read_text().strip().splitlines()

    assert ci[-1] == next(line for line in readme if "pytest" in line)


@pytest.mark.parametrize("fragment", sorted((ROOT / "changelog.d").iterdir()), ids=lambda p: p.name)
def test_a_change_is_told_in_a_file_of_its_number_and_kind(fragment):
    """`3.feature.md`, or `3.pages.feature.md`, is found by whoever writes the next release's notes."""
    assert re.fullmatch(r"README\.md|\d+(\.[a-z0-9-]+)?\.(feature|fix|breaking|docs)\.md", fragment.name)
    assert fragment.read_text().strip()
