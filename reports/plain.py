"""What a peer said, made fit to be shown: nothing in it moves a cursor or turns a line around."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

LONGEST = 2000
"""Characters of a body that are shown; the bundle has all of it."""

TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
"""Characters that turn the direction of writing, so that a line reads as something else."""


def plain(text: str) -> str:
    """The text with control characters, and all that XML cannot hold, written as escapes."""
    return "".join(character if _shown(ord(character)) else _escape(ord(character)) for character in text)


def line(text: str, most: int = LONGEST) -> str:
    """The same on one line, cut where it is too long."""
    one = " ".join(plain(text).split())
    return one if len(one) <= most else f"{one[: most - 1]}…"


def summary(entry: Mapping[str, Any], most: int = 160) -> str:
    """An exchange on one line: what was asked and what was answered."""
    asked, told = entry["request"], entry["response"]
    answer = f"{told['status']} {told['content'].get('text', '')}" if told["status"] else entry["_error"]
    return line(f"{asked['method']} {asked['url']} → {answer or 'no answer'}", most)


def request(entry: Mapping[str, Any]) -> str:
    """The request of a HAR entry as it would stand on the wire, its JSON indented."""
    asked = entry["request"]
    parts = urlsplit(asked["url"])
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = [f"{asked['method']} {target}", f"host: {parts.netloc}"]
    return _message(head, asked["headers"], asked.get("postData", {}))


def answer(entry: Mapping[str, Any]) -> str:
    """Its answer, or why there is none."""
    told = entry["response"]
    if not told["status"]:
        return plain(entry["_error"] or "no answer")
    return _message([str(told["status"])], told["headers"], told["content"])


def _message(head: list[str], headers: Any, content: Mapping[str, Any]) -> str:
    lines = [*head, *(f"{h['name']}: {h['value']}" for h in headers if h["name"] != "host")]
    text = content.get("text") or content.get("comment", "")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False) if len(text) < LONGEST else text
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}\n… and {len(text) - LONGEST} more characters"
    return plain("\n".join([*lines, "", text] if text else lines))


def _shown(code: int) -> bool:
    if code in (0x09, 0x0A):
        return True
    return not (
        code < 0x20
        or 0x7F <= code < 0xA0
        or code in TURNING
        or 0xD800 <= code < 0xE000
        or code % 0x10000 >= 0xFFFE
    )


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
