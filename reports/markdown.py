"""A conformance run as Markdown, for the summary of a job or an issue."""

import re
from collections.abc import Mapping
from typing import Any

from reports import findings
from reports.findings import SEVERITIES, VERDICTS
from reports.plain import answer, line, request

MOST = 30
"""Findings; a summary that nobody reads to its end tells nothing."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@])")
"""`@` as well: a peer's text is not to call on anybody."""


def render(record: Mapping[str, Any]) -> str:
    """The page."""
    report = record["verdicts"]
    mark = "✅" if report["ok"] else "❌"
    out = [f"# {mark} {_text(report['target'])}: {findings.conclusion(record)}", ""]
    counts = [f"{report['counts'][name]} {name}" for name in VERDICTS if report["counts"][name]]
    out += [", ".join(counts), ""]
    out += ["| | judged | apply here | have a test | can be tested from outside |", "|---|---|---|---|---|"]
    for word in ("must", "should"):
        figures = (str(report["coverage"][f"{word}_{part}"]) for part in findings.PARTS)
        out.append(f"| {word.upper()} | {' | '.join(figures)} |")
    seed = "" if report["seed"] is None else f", seed {report['seed']}"
    out += ["", f"{report['draft']}, meshsim {report['version']}{seed}, {report['clock']} clock", ""]
    found = findings.findings(record)
    if found:
        out += ["## What to look at", ""]
    for finding in found[:MOST]:
        out += _finding(finding, record)
    if len(found) > MOST:
        out += [f"And {len(found) - MOST} more.", ""]
    out += _table("area", findings.areas(record), {})
    out += _table("severity", findings.severities(record), SEVERITIES)
    return "\n".join(out)


def _finding(finding: findings.Finding, record: Mapping[str, Any]) -> list[str]:
    cell = finding.first
    told = record["requirements"].get(cell["requirement"], {})
    out = [
        f"### {finding.verdict} {cell['requirement']} ({cell['level']}, {cell['severity']})",
        "",
        _text(told.get("text", "")) + (f" (section {_text(told['section'])})" if told.get("section") else ""),
        "",
        f"- expected: {_text(told.get('how', ''))}",
        f"- actual: {_text(finding.reason)}",
    ]
    advice, command = findings.hint(finding, record)
    if advice:
        out.append(f"- hint: {_text(advice)}")
    if command:
        out.append(f"- again: {_code(command)}")
    others = finding.requirements[1:]
    if others:
        out.append(f"- the same shows in {', '.join(others)}")
    if finding.message is not None:
        shown = f"{request(finding.message)}\n\n{answer(finding.message)}"
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
        out += [
            "",
            "<details><summary>the message</summary>",
            "",
            f"{fence}http",
            shown,
            fence,
            "",
            "</details>",
        ]
    return [*out, ""]


def _table(title: str, rows: Mapping[str, Mapping[str, int]], about: Mapping[str, str]) -> list[str]:
    used = [name for name in VERDICTS if any(row[name] for row in rows.values())]
    out = [f"| {title} | {' | '.join(used)} |", f"|---|{'---|' * len(used)}"]
    for name, row in rows.items():
        label = f"{name}: {about[name]}" if name in about else name
        out.append(f"| {label} | {' | '.join(str(row[verdict]) for verdict in used)} |")
    return [*out, ""]


def _code(text: str) -> str:
    return f"`{line(text).replace('`', ' ')}`"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", line(text))
