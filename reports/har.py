"""A transcript as HAR 1.2, for every tool that reads HTTP archives. Secrets are replaced by names.

One secret has one name throughout, so that it can still be followed from where it was issued to
where it was used.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

HIDDEN_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "x-access-token"})
_HIDDEN_MEMBERS = re.compile(
    rb'("(?:sharedSecret|access_token|refresh_token|token|code|password|secret)"\s*:\s*")((?:[^"\\]|\\.)*)"'
)
_HIDDEN_FIELDS = re.compile(rb"\b(code|token|password|client_secret|csrf)=([^&\s\"]+)")
_HIDDEN_QUERY = re.compile(r"([?&;](?:token|code|access_token)=)([^&#]+)")


def pseudonym(secret: bytes) -> str:
    """The name that stands for a secret; it cannot be turned back."""
    return f"secret-{hashlib.sha256(b'har' + secret).hexdigest()[:10]}"


def masked(body: bytes) -> bytes:
    """A JSON or form body without secrets."""
    body = _HIDDEN_MEMBERS.sub(lambda m: m[1] + pseudonym(m[2]).encode() + b'"', body)
    return _HIDDEN_FIELDS.sub(lambda m: m[1] + b"=" + pseudonym(m[2]).encode(), body)


def masked_url(url: str) -> str:
    """A URL without secrets; an invite token is the one that OCM puts there."""
    return _HIDDEN_QUERY.sub(lambda m: m[1] + pseudonym(m[2].encode()), url)


def _header(name: str, value: str) -> str:
    if name in HIDDEN_HEADERS:
        scheme, _, rest = value.partition(" ")
        return f"{scheme} {pseudonym(rest.encode())}" if rest else pseudonym(value.encode())
    return masked_url(value)


def _headers(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": _header(name, value)} for name, value in headers.items()]


def _text(body: bytes) -> dict[str, Any]:
    try:
        return {"text": masked(body).decode()}
    except UnicodeDecodeError:
        # Files of users: their digest is enough to compare them.
        return {"text": "", "comment": f"{len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"}


def entry(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """One exchange as a HAR entry; its keys are those that `write` takes."""
    started = datetime.fromtimestamp(exchange["started"], UTC)
    milliseconds = ((exchange["ended"] or exchange["started"]) - exchange["started"]) * 1000
    status = exchange["status"] or 0
    query = [{"name": n, "value": v} for n, v in parse_qsl(urlsplit(masked_url(exchange["url"])).query)]
    request: dict[str, Any] = {
        "method": exchange["method"],
        "url": masked_url(exchange["url"]),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange["headers"]),
        "queryString": query,
        "headersSize": -1,
        "bodySize": len(exchange["body"]),
    }
    if exchange["body"]:
        mime = exchange["headers"].get("content-type", "application/octet-stream")
        request["postData"] = {"mimeType": mime, **_text(exchange["body"])}
    answered = exchange["answer_headers"]
    return {
        "startedDateTime": started.isoformat(timespec="milliseconds"),
        "time": round(milliseconds, 3),
        "request": request,
        "response": {
            "status": status,
            "statusText": exchange["error"],
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(answered),
            "content": {
                "size": len(exchange["answer"]),
                "mimeType": answered.get("content-type", ""),
                **_text(exchange["answer"]),
            },
            "redirectURL": masked_url(answered.get("location", "")),
            "headersSize": -1,
            "bodySize": len(exchange["answer"]),
        },
        "cache": {},
        "timings": {"send": 0, "wait": round(milliseconds, 3), "receive": 0},
        "_number": exchange["number"],
        "_from": exchange["source"],
        "_to": exchange["target"],
        "_faults": list(exchange["faults"]),
    }


def write(exchanges: Iterable[Mapping[str, Any]], version: str, file: TextIO) -> None:
    """The archive, written entry by entry, since a run may be long."""
    creator = json.dumps({"name": "meshsim", "version": version})
    file.write(f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": [')
    for index, exchange in enumerate(exchanges):
        file.write(",\n" if index else "\n")
        json.dump(entry(exchange), file)
    file.write("\n]}}\n")
