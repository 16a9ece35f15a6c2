"""Recorded traffic: what anybody's HAR file holds, judged by the passive oracle alone.

`FILE.har`, or `FILE.har#HOST` for what that server sent alone; otherwise every request between servers is
judged, whoever sent it. Nothing is sent, so that every other requirement is not observed. Keys are those that
were fetched in the recording.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from conformance import Inconclusive, signing
from conformance.message import Message
from conformance.peer import parse
from conformance.record import Seen, Session, body
from conformance.targets import Misuse, Wants
from meshsim.wire import Request, Response

MOST = 256 << 20
"""Bytes of a file."""

OURS = "meshsim"
"""Whose files have their secrets replaced, so that no signature over a body can hold any more."""


class Recorded:
    """What was recorded somewhere, as a target that nothing can be asked."""

    real = False
    recorded = True

    def __init__(self, name: str, exchanges: list[Seen]) -> None:
        self.name = name
        self.exchanges = exchanges
        self.plain = all(_plain(seen.request) for seen in exchanges)

    def open(self, test: str, wants: Wants) -> Session:
        """There is nobody to ask."""
        raise Inconclusive("not observed: recorded traffic is judged by what it shows, and nothing is sent")

    def secrets(self) -> set[str]:
        """What tokens it shows, the bundle finds by itself."""
        return set()


def build(text: str, **options: Any) -> Recorded:
    """Misuse for a file that is no HAR, or has no request in it."""
    given = sorted(name for name, value in options.items() if value)
    if given:
        raise Misuse(f"recorded traffic is only read: leave out {', '.join(given)}")
    path, _, host = text.partition("#")
    exchanges = read(path)
    for seen in exchanges:
        seen.by_site = not host or seen.source == host
    if not any(seen.by_site for seen in exchanges):
        there = sorted({seen.source for seen in exchanges if seen.source})
        raise Misuse(f"{host} sent nothing in {path}; there are: {', '.join(there)}")
    return Recorded(text, exchanges)


def read(path: str) -> list[Seen]:
    """The exchanges of a HAR file, in the order they began; Misuse with the entry that cannot be read."""
    try:
        if Path(path).stat().st_size > MOST:
            raise Misuse(f"{path} has more than {MOST >> 20} MiB")
        log = json.loads(Path(path).read_bytes())["log"]
        entries = list(log["entries"])
        masked = _object(log.get("creator")).get("name") == OURS
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, Misuse):
            raise
        raise Misuse(f"{path} is no HAR file: {type(error).__name__} {error}") from error
    found = []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(_seen(number, entry))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Misuse(f"{path}, entry {number} cannot be read: {type(error).__name__} {error}") from error
    if not found:
        raise Misuse(f"{path} holds no requests")
    found.sort(key=lambda seen: (seen.started, seen.number))
    hosts = {seen.target: seen.request.target.authority for seen in found if seen.target}
    keys = _keys(found)
    for seen in found:
        seen.source = hosts.get(seen.source, seen.source) or _speaker(seen)
        seen.target = seen.request.target.authority
        if not seen.facts and seen.request.method == "POST":
            known = signing.facts(seen.request, {"keys": keys})
            if masked or known["key"] is None:
                # Nothing can be said of a signature whose key, or whose body, is not in the file.
                known = signing.read(seen.request.headers)
            seen.facts["signature"] = known
    return found


def _seen(number: int, entry: Any) -> Seen:
    asked, told = entry["request"], entry["response"]
    method, url = str(asked["method"]).upper(), str(asked["url"])
    request = Request(method, url, _headers(asked["headers"]), _octets(asked.get("postData") or {}))
    if not request.target.authority:
        raise ValueError(f"{url[:80]!r} is no URL")
    response = None
    if told.get("status"):
        content = _octets(told.get("content") or {})
        response = Response(int(told["status"]), _headers(told["headers"]), content)
    began = datetime.fromisoformat(str(entry["startedDateTime"]).replace("Z", "+00:00")).timestamp()
    facts = entry.get("_facts")
    return Seen(
        number,
        str(entry.get("_from") or ""),
        str(entry.get("_to") or ""),
        True,
        request,
        began,
        response,
        began + float(entry.get("time") or 0) / 1000,
        facts=dict(facts) if isinstance(facts, dict) else {},
    )


def _headers(fields: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields:
        name, value = str(field["name"]).lower(), str(field["value"])
        if not name.startswith(":"):  # HTTP/2 writes method and path so
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _octets(content: Mapping[str, Any]) -> bytes:
    text = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"a body that is no base64: {error}") from error
    return text.encode()


def _keys(exchanges: Iterable[Seen]) -> list[Any]:
    """All keys that somebody was given; a `kid` names its host, so they cannot be mistaken."""
    found: list[Any] = []
    for seen in exchanges:
        if seen.request.method == "GET" and seen.response is not None and seen.response.status == 200:
            keys = _object(parse(body(seen.response))).get("keys")
            found += keys if isinstance(keys, list) else []
    return found


def _speaker(seen: Seen) -> str:
    """Who sent it, if the recording does not say: by the key it is signed with, or as it says of itself."""
    keyid = str(signing.read(seen.request.headers).get("keyid") or "")
    if keyid:
        return keyid.removeprefix("https://").removeprefix("http://").partition("#")[0].partition("/")[0]
    message = Message(seen, {})
    match message.kind:
        case "token":
            return parse_qs(body(seen.request).decode(errors="replace")).get("client_id", [""])[0]
        case "share":
            return str(message.document.get("sender")).rpartition("@")[2]
        case "notification":
            return str(message.document.get("senderDomain"))
        case "acceptance":
            return str(message.document.get("recipientProvider"))
    return ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(request: Request) -> bool:
    """Whether it went over http in a network that is not public."""
    name = request.target.authority.rpartition("@")[2].partition(":")[0].strip("[]")
    try:
        public = ip_address(name).is_global
    except ValueError:
        public = name != "localhost" and not name.endswith((".localhost", ".test", ".internal"))
    return request.target.scheme == "http" and not public
