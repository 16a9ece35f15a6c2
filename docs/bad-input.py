"""Prints docs/bad-input.md: what a site answers to each kind of bad request, asked of a running one."""

import importlib.util
from pathlib import Path

PLACE = Path(__file__).parents[1] / "tests" / "apis"


def table(name):
    """A module of requests and what answers them."""
    spec = importlib.util.spec_from_file_location(name, PLACE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ASKED = [
    (case, module.answer) for module in map(table, ("test_ocm", "test_bad_input")) for case in module.CASES
]

HEAD = """# What bad requests are answered

Made by asking a simulated site; `tests/apis/test_ocm.py` and `tests/apis/test_bad_input.py` hold
the requests, and check that nothing is kept. Bodies are JSON: `message`, and `validationErrors` that
name each bad field; of the token endpoint `error` and `error_description`. WebDAV answers with its
status, and pages with a page."""

print(HEAD)
for endpoint in dict.fromkeys(case.path for case, _ in ASKED):
    print()
    print(f"## `{endpoint}`")
    print()
    print("| bad request | status | answer |")
    print("|---|---|---|")
    for case, answer in ASKED:
        if case.path == endpoint:
            status, body, _ = answer(case)
            said = body.get("error") or body.get("message") or ""
            told = said if "error" not in body else f"{said}: {body['error_description']}"
            if "allow" in body:
                told = f"{told} (Allow: {body['allow']})".strip()
            print(f"| {case.what} | {status} | {told[:160].replace('|', '/')} |")
