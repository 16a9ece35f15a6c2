"""A conformance run as a badge: how many MUST were judged, of how many, and whether any is broken."""

from collections.abc import Mapping
from html import escape
from typing import Any

GREEN, AMBER, RED = "#2e7d32", "#a86400", "#c62828"
WIDTH = 6.6
"""Of a character, on average, in the typeface of badges."""


def render(record: Mapping[str, Any]) -> str:
    """SVG; it links to nothing."""
    label = f"OCM draft {record['verdicts']['draft'].rpartition('-')[2]}"
    text, colour = _said(record["verdicts"])
    left, right = (round(len(part) * WIDTH) + 12 for part in (label, text))
    title = escape(f"{label}: {text}")
    size = f'width="{left + right}" height="20"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">
<title>{title}</title>
<clipPath id="r"><rect {size} rx="3"/></clipPath>
<g clip-path="url(#r)"><rect {size} fill="{colour}"/><rect width="{left}" height="20" fill="#444"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{left / 2}" y="14">{escape(label)}</text><text x="{left + right / 2}" y="14">{escape(text)}</text>
</g></svg>
"""


def _said(report: Mapping[str, Any]) -> tuple[str, str]:
    counts, cover = report["counts"], report["coverage"]
    of = f"{cover['must_judged']} of {cover['must_testable']} MUST judged"
    if not report["finished"]:
        return "not finished", RED
    if counts["failed"]:
        broken = len({c["requirement"] for c in report["verdicts"] if c["verdict"] == "failed"})
        return f"{broken} broken, {of}", RED
    if not report["ok"]:
        return f"not all could be judged, {of}", RED
    # Half of it unseen is no reason to be proud.
    return of, GREEN if 2 * cover["must_judged"] >= cover["must_testable"] else AMBER
