"""A conformance run as JUnit XML: a suite for each area, a case for each requirement of each test."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reports import findings
from reports.plain import answer, plain, request

BAD = {"failed": "failure", "error": "error", "blocked": "error"}
SKIPPED = ("warning", "known", "unsupported", "inconclusive")
"""No failure, and no pass either; the message says which of them."""


def render(record: Mapping[str, Any]) -> str:
    """The document."""
    report = record["verdicts"]
    entries = findings.exchanges(record)
    root = ET.Element("testsuites", name=plain(report["target"]))
    suites: dict[str, ET.Element] = {}
    for cell in report["verdicts"]:
        area = findings.area(cell["requirement"])
        if area not in suites:
            suites[area] = ET.SubElement(root, "testsuite", name=area)
            _properties(suites[area], _run(record))
        _case(suites[area], cell, record, entries)
    for element in (root, *suites.values()):
        cases = list(element.iter("testcase"))
        element.set("tests", str(len(cases)))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(name, str(sum(case.find(tag) is not None for case in cases)))
    if report["finished"] is False and not suites:
        root.set("errors", "1")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, cell: Mapping[str, Any], record: Mapping[str, Any], entries: Any) -> None:
    told = record["requirements"].get(cell["requirement"], {})
    module, _, test = cell["test"].partition("::")
    case = ET.SubElement(
        suite, "testcase", classname=module.removesuffix(".py"), name=f"{cell['requirement']} {plain(test)}"
    )
    _properties(
        case,
        {
            "requirement": cell["requirement"],
            "level": cell["level"],
            "severity": cell["severity"],
            "verdict": cell["verdict"],
            "section": told.get("section", ""),
        },
    )
    message = plain(cell["reason"])
    if cell["verdict"] in BAD:
        found = ET.SubElement(case, BAD[cell["verdict"]], type=cell["verdict"], message=message)
        lines = [plain(told.get("text", "")), f"expected: {plain(told.get('how', ''))}", f"actual: {message}"]
        entry = findings.telling(cell, entries)
        if entry is not None:
            lines += ["", request(entry), "", answer(entry)]
        found.text = "\n".join(lines)
    elif cell["verdict"] in SKIPPED:
        ET.SubElement(case, "skipped", message=f"{cell['verdict']}: {message}")


def _run(record: Mapping[str, Any]) -> dict[str, str]:
    report, started = record["verdicts"], record["manifest"]["started"]
    found = {name: str(report[name]) for name in ("target", "version", "draft", "clock", "finished")}
    if report["seed"] is not None:
        found["seed"] = str(report["seed"])
    if started is not None:
        found["started"] = datetime.fromtimestamp(started, UTC).isoformat()
    return found


def _properties(parent: ET.Element, values: Mapping[str, str]) -> None:
    properties = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=plain(value))
