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

No octets that somebody makes up are answered with a 5xx; `nox -s fuzz` takes any for a fault of ours. It
sends octets of every sort, and requests made from `/openapi.json`, the description that each site gives of
its routes. Where standards leave a choice (a MAY or a SHOULD), it is this:
"""

CHOSEN = (
    (
        "a server is named that there is none of, or none that may be called",
        "401 to a peer, 400 to a user",
        "who named it is to blame, and to come again would not help",
    ),
    (
        "a Destination at another server, or in another part of this one",
        "403",
        "RFC 4918 (9.8.5, 9.9.4) lets it be 502, too; but nothing failed, and nobody was asked",
    ),
    ("a method that is registered, and not for this", "405 with Allow", "RFC 9110 (15.5.6)"),
    (
        "a method that nobody knows; HTTP/2.0 by these octets",
        "400, and the connection ends",
        "RFC 9110 (9.1, 15.6.6) recommends 501 and 505; what is no HTTP/1.1 is not read any further",
    ),
    (
        "a Transfer-Encoding other than chunked",
        "400, and the connection ends",
        "RFC 9112 (6.1) recommends 501; what comes is not the body",
    ),
    ("a Content-Encoding", "415", "RFC 9110 (15.5.16)"),
)

OURS = (
    (
        "types, protocols or requirements that are not offered; OCM while it is switched off",
        "501",
        "OCM, Share Creation Notification, Response",
    ),
    (
        "from a server that there is, if it, its keys, a directory or the name service do not answer",
        "503 to a peer",
        "the same; RFC 9110 (15.6.4); [unsure is not no](consistency.md)",
    ),
    ("what another server has to do for a user, and fails at", "502 to a user", "RFC 9110 (15.6.3)"),
    ("a connection too many", "503 with Retry-After", "RFC 9110 (15.6.4)"),
)


def listed(head: tuple[str, str, str], rows: tuple[tuple[str, str, str], ...]) -> None:
    """Print a table."""
    for row in (head, ("---",) * 3, *rows):
        print(f"| {' | '.join(row)} |")


print(HEAD)
listed(("bad request", "status", "why"), CHOSEN)
print("\nA 5xx comes only of what is well-formed, and where a standard has it:\n")
listed(("request", "status", "standard"), OURS)
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
