import pytest

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e `code` ]]> & @all | [red] </details>"


def exchange(number, text="{}", method="POST", url="https://x.example/ocm/shares", status=200, by_site=False):
    """A HAR entry as a record has it."""
    return {
        "_number": number,
        "_from": "peer.example.net",
        "_to": "x.example",
        "_by_site": by_site,
        "_test": "test_share.py::test_a_share_is_taken",
        "_error": "" if status else "nobody answers",
        "request": {
            "method": method,
            "url": url,
            "headers": [{"name": "content-type", "value": "application/json"}],
            "postData": {"mimeType": "application/json", "text": '{"a":1}'},
        },
        "response": {
            "status": status,
            "headers": [{"name": "server", "value": text}],
            "content": {"text": text},
        },
    }


def cell(requirement="OCM-SHARE-111", verdict="failed", reason="expected 201, got 200", **more):
    """A verdict."""
    return {
        "requirement": requirement,
        "test": "test_share.py::test_a_share_is_taken",
        "verdict": verdict,
        "level": "MUST",
        "severity": "breaks",
        "reason": reason,
        "exchanges": [1],
        **more,
    }


@pytest.fixture
def made():
    """A record of these verdicts and exchanges."""

    def make(cells, entries=(), *, target="https://x.example", finished=True):
        names = {c["requirement"] for c in cells}
        words = ("passed", "failed", "warning", "informational", "unsupported", "blocked", "inconclusive")
        counts = {w: sum(c["verdict"] == w for c in cells) for w in (*words, "known", "error")}
        bad = any(counts[w] for w in ("failed", "blocked", "error"))
        parts = ("testable", "tested", "applicable", "judged")
        return {
            "manifest": {"started": 1767225600.0},
            "verdicts": {
                "target": target,
                "ok": finished and not bad and bool(counts["passed"]),
                "finished": finished,
                "version": "1.0",
                "draft": "draft-x-07",
                "seed": 7,
                "clock": "virtual",
                "verdicts": list(cells),
                "counts": counts,
                "coverage": {f"{w}_{p}": 4 - n for w in ("must", "should") for n, p in enumerate(parts)},
            },
            "requirements": {
                name: {"text": f"What {name} says.", "how": "POST it.", "section": "7", "level": "MUST"}
                for name in names
            },
            "untested": {"OCM-ROLE-007": "nothing to see on the wire"},
            "causes": {"OCM-SHARE-111": ["It says 200."]},
            "exchanges": {"log": {"entries": list(entries)}},
        }

    return make
