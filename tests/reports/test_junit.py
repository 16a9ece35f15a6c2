import xml.etree.ElementTree as ET

from reports import junit
from tests.reports.conftest import cell, exchange


def test_a_case_has_the_requirement_as_a_property(made):
    """So do level, severity and verdict."""
    root = ET.fromstring(junit.render(made([cell()], [exchange(1)])))
    (case,) = root.iter("testcase")

    assert ("test_share", "OCM-SHARE-111 test_a_share_is_taken") == (case.get("classname"), case.get("name"))
    assert {
        "requirement": "OCM-SHARE-111",
        "level": "MUST",
        "severity": "breaks",
        "verdict": "failed",
        "section": "7",
    } == {p.get("name"): p.get("value") for p in case.iter("property")}


def test_what_is_bad_fails_and_what_was_not_judged_is_skipped(made):
    """Only a verdict that was reached is a pass."""
    kinds = ("failed", "error", "blocked", "warning", "known", "unsupported", "inconclusive")
    cells = [cell(f"OCM-A-{n}", kind) for n, kind in enumerate((*kinds, "passed", "informational"))]
    root = ET.fromstring(junit.render(made(cells)))
    found = [next((c.tag for c in case if c.tag != "properties"), "") for case in root.iter("testcase")]

    assert ["failure", "error", "error", "skipped", "skipped", "skipped", "skipped", "", ""] == found
    assert ("9", "1", "2", "4") == tuple(root.get(n) for n in ("tests", "failures", "errors", "skipped"))
