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
status, and pages with a page.

A 5xx stands only where a standard has it and a 4xx would be wrong. OCM answers 501 to types it does not
know. RFC 4918 (9.8.5) has 502 for a Destination at another server. Where a request names another server
that cannot be reached just now, the caller is not to blame: 503 tells a peer to come again (RFC 9110,
15.6.4; [unsure is not no](consistency.md)), and 502 tells a user that the other server failed (15.6.3).
`nox -s fuzz` takes any other for a fault of ours: octets of every sort, and requests made from
`/openapi.json`, the description that each site gives of its routes.

A body with a Content-Encoding is refused with 415 (RFC 9110, 15.5.16)."""

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
