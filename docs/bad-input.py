"""Prints docs/bad-input.md: what a site answers to each kind of bad request, asked of a running one."""

import importlib.util
from pathlib import Path

path = Path(__file__).parents[1] / "tests" / "apis" / "test_ocm.py"
spec = importlib.util.spec_from_file_location("bad_requests", path)
table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)

HEAD = """# What bad requests are answered

Made by asking a simulated site; `tests/apis/test_ocm.py` holds the requests, and checks that nothing is kept.
Bodies are JSON: `message`, and `validationErrors` that name each bad field; of the token endpoint `error` and
`error_description`."""

print(HEAD)
for endpoint in dict.fromkeys(case.path for case in table.CASES):
    print()
    print(f"## `{endpoint}`")
    print()
    print("| bad request | status | answer |")
    print("|---|---|---|")
    for case in table.CASES:
        if case.path == endpoint:
            status, body, _ = table.answer(case)
            said = body.get("error") or body.get("message") or ""
            told = said if "error" not in body else f"{said}: {body['error_description']}"
            if "allow" in body:
                told += f" (Allow: {body['allow']})"
            print(f"| {case.what} | {status} | {told[:160].replace('|', '/')} |")
