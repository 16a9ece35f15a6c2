"""A transcript as HAR 1.2, for every tool that reads HTTP archives. Secrets are replaced by names.

One secret has one name throughout, so that it can still be followed from where it was issued to
where it was used. The secrets of the run are given by its facts; what looks like one besides is
hidden, too.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

HIDDEN_HEADERS = frozenset({"authorization", "x-access-token", "x-api-key"})
COOKIES = frozenset({"cookie", "set-cookie"})
_HIDDEN_MEMBERS = re.compile(
    rb'("(?:sharedSecret|access_token|refresh_token|token|code|password|secret)"\s*:\s*")((?:[^"\\]|\\.)*)"'
)
_HIDDEN_FIELDS = re.compile(rb"\b(code|token|password|client_secret|csrf)=([^&\s\"]+)")
_HIDDEN_QUERY = re.compile(r"([?&;](?:token|code|access_token)=)([^&#]+)")


_COOKIE = re.compile(
    r"""((?:^|[;,])\s*(?!(?:path|domain|expires|max-age|samesite)\s*=)[^=;,\s]+=)("[^"]*"|[^;,\s]+)""",
    re.IGNORECASE,
)
"""A cookie and its value; what else stands in Set-Cookie (RFC 6265, 5.2) is no secret."""
_HIDDEN_INPUT = re.compile(rb'(name="(?:csrf|password)" value=")([^"]+)')
_WORD = re.compile(rb"%[0-9A-Fa-f]{2}|[A-Za-z0-9_\-.~]+")
"""What a secret can be; an escape before it is no part of it."""


def pseudonym(secret: bytes) -> str:
    """The name that stands for a secret; it cannot be turned back."""
    return f"secret-{hashlib.sha256(b'har' + secret).hexdigest()[:10]}"


class Mask:
    """Hides the secrets of one run; `name` gives what stands for each."""

    def __init__(self, secrets: Collection[str], name: Callable[[bytes], str] = pseudonym) -> None:
        self._secrets = frozenset(secret.encode() for secret in secrets)
        self.name = name

    def body(self, body: bytes) -> bytes:
        """A body without secrets."""
        body = _HIDDEN_MEMBERS.sub(lambda m: m[1] + self.name(m[2]).encode() + b'"', body)
        body = _HIDDEN_FIELDS.sub(lambda m: m[1] + b"=" + self.name(m[2]).encode(), body)
        body = _HIDDEN_INPUT.sub(lambda m: m[1] + self.name(m[2]).encode(), body)
        return self._words(body)

    def url(self, url: str) -> str:
        """A URL, or the value of a header, without secrets."""
        url = _HIDDEN_QUERY.sub(lambda m: m[1] + self.name(m[2].encode()), url)
        return self._words(url.encode(errors="replace")).decode()

    def header(self, name: str, value: str) -> str:
        """The value of a header without secrets."""
        if name in COOKIES:
            return _COOKIE.sub(lambda m: m[1] + self.name(m[2].encode()), value)
        if name in HIDDEN_HEADERS:
            scheme, _, rest = value.partition(" ")
            return f"{scheme} {self.name(rest.encode())}" if rest else self.name(value.encode())
        return self.url(value)

    def _words(self, text: bytes) -> bytes:
        if not self._secrets:
            return text
        return _WORD.sub(lambda m: self.name(m[0]).encode() if m[0] in self._secrets else m[0], text)


def _headers(headers: Mapping[str, str], mask: Mask) -> list[dict[str, str]]:
    return [{"name": name, "value": mask.header(name, value)} for name, value in headers.items()]


def _text(body: bytes, mask: Mask) -> dict[str, Any]:
    try:
        return {"text": mask.body(body).decode()}
    except UnicodeDecodeError:
        # Files of users: their digest is enough to compare them.
        return {"text": "", "comment": f"{len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"}


def entry(exchange: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """One exchange as a HAR entry; its keys are those that `write` takes."""
    started = datetime.fromtimestamp(exchange["started"], UTC)
    milliseconds = ((exchange["ended"] or exchange["started"]) - exchange["started"]) * 1000
    url = mask.url(exchange["url"])
    request: dict[str, Any] = {
        "method": exchange["method"],
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(exchange["headers"], mask),
        "queryString": [{"name": n, "value": v} for n, v in parse_qsl(urlsplit(url).query)],
        "headersSize": -1,
        "bodySize": len(exchange["body"]),
    }
    if exchange["body"]:
        mime = exchange["headers"].get("content-type", "application/octet-stream")
        request["postData"] = {"mimeType": mime, **_text(exchange["body"], mask)}
    answered = exchange["answer_headers"]
    return {
        "startedDateTime": started.isoformat(timespec="milliseconds"),
        "time": round(milliseconds, 3),
        "request": request,
        "response": {
            "status": exchange["status"] or 0,
            "statusText": exchange["error"],
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(answered, mask),
            "content": {
                "size": len(exchange["answer"]),
                "mimeType": answered.get("content-type", ""),
                **_text(exchange["answer"], mask),
            },
            "redirectURL": mask.url(answered.get("location", "")),
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


def write(
    exchanges: Iterable[Mapping[str, Any]], version: str, file: TextIO, secrets: Collection[str] = ()
) -> None:
    """The archive, written entry by entry, since a run may be long."""
    mask = Mask(secrets)
    creator = json.dumps({"name": "meshsim", "version": version})
    file.write(f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": [')
    for index, exchange in enumerate(exchanges):
        file.write(",\n" if index else "\n")
        json.dump(entry(exchange, mask), file)
    file.write("\n]}}\n")
