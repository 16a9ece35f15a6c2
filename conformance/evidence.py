"""Bundles: all that a run saw, without its secrets, in one file; and the verdicts recomputed from it alone.

manifest.json      target, versions, seed and clock
verdicts.json      the report
requirements.json  the text of each requirement that was judged
exchanges.har      every exchange, tagged with its test and the requirements it was judged for
steps.json         what each test asked for, in order
"""

import base64
import hashlib
import json
import re
import string
import zipfile
from datetime import datetime
from typing import Any

import msgspec

from conformance import catalogue, check
from conformance.plugin import Suite
from conformance.record import Player, Seen, Step, body
from meshsim import __version__
from meshsim.wire import Request, Response
from reports import har

SECRET = re.compile(rb'"(?:sharedSecret|access_token|refresh_token|token|code)"\s*:\s*"([^"\\]{6,})"')
FIELD = re.compile(rb"\b(?:code|token)=([^&\s\"]{6,})")
ALPHABETS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
FORMAT = 1


class Unreadable(ValueError):
    """A file that is no bundle, or one of another format."""


def shaped(secret: bytes) -> str:
    """What stands for a secret: as long and of the same kinds of characters, so that lengths stay true."""
    stream = hashlib.shake_256(b"bundle" + secret).digest(2 * len(secret))
    text = secret.decode(errors="replace")
    out = []
    for place, character in enumerate(text):
        alphabet = next((a for a in ALPHABETS if character in a), character)
        number = int.from_bytes(stream[2 * place : 2 * place + 2])
        out.append(alphabet[number % len(alphabet)])
    return "".join(out)


class Masking(har.Mask):
    """Hides secrets inside what is made of them, too: Basic credentials and invite strings."""

    def __init__(self, secrets: set[str], invites: set[str]) -> None:
        made = {invite: _invite(invite) for invite in invites}
        super().__init__(
            {*secrets, *made}, lambda secret: made.get(secret.decode(errors="replace")) or shaped(secret)
        )

    def header(self, name: str, value: str) -> str:
        """The value of a header without secrets."""
        scheme, _, rest = value.partition(" ")
        if name == "authorization" and scheme.lower() == "basic":
            try:
                user, colon, password = base64.b64decode(rest).partition(b":")
            except ValueError:
                return super().header(name, value)
            masked = shaped(user).encode() + colon + shaped(password).encode()
            return f"{scheme} {base64.b64encode(masked).decode()}"
        if name == "authorization" and rest:
            return f"{scheme} {self.name(rest.encode())}"
        return super().header(name, value)

    def value(self, value: Any) -> Any:
        """Plain JSON without secrets."""
        if isinstance(value, str):
            return self._words(value.encode(errors="replace")).decode()
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {name: self.value(item) for name, item in value.items()}
        return value


def _invite(text: str) -> str:
    token, _, host = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rpartition("@")
    return base64.urlsafe_b64encode(f"{shaped(token.encode())}@{host}".encode()).decode().rstrip("=")


def secrets(suite: Suite) -> tuple[set[str], set[str]]:
    """All secrets that the run knows of, and the invite strings among them."""
    found = {secret for secret in suite.target.secrets()} | suite.secrets
    for seen in suite.exchanges:
        for message in (seen.request, seen.response):
            if message is not None:
                octets = body(message)
                for match in (*SECRET.findall(octets), *FIELD.findall(octets)):
                    found.add(match.decode(errors="replace"))
        scheme, _, credential = seen.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and len(credential) >= 6:
            found.add(credential)
    invites = {
        str(step.value)
        for steps in suite.steps.values()
        for step in steps
        if step.kind == "act" and step.told[0] == "invite" and step.value
    }
    return found - invites, invites


def write(path: str, report: dict[str, Any], suite: Suite) -> None:
    """Write the bundle of a finished run."""
    mask = Masking(*secrets(suite))
    judged: dict[int, list[str]] = {}
    for cell in suite.verdicts:
        for number in cell.exchanges:
            judged.setdefault(number, []).append(cell.requirement)
    entries = []
    for seen in suite.exchanges:
        entry = har.entry(_plain(seen), mask)
        entry |= {
            "_test": seen.test,
            "_by_site": seen.by_site,
            "_requirements": judged.get(seen.number, []),
            "_facts": mask.value(seen.facts),
            "_error": seen.error,
        }
        entries.append(entry)
    first = suite.exchanges[0].started if suite.exchanges else 0.0
    files = {
        "manifest.json": {
            "format": FORMAT,
            "target": report["target"],
            "version": __version__,
            "started": first,
        },
        "verdicts.json": mask.value(report),
        "requirements.json": {
            name: catalogue.text(name) for name in sorted({c.requirement for c in suite.verdicts})
        },
        "exchanges.har": {
            "log": {
                "version": "1.2",
                "creator": {"name": "meshsim", "version": __version__},
                "entries": entries,
            }
        },
        "steps.json": {
            test: {"site": suite.sites[test], "steps": mask.value(msgspec.to_builtins(steps))}
            for test, steps in suite.steps.items()
        },
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in files.items():
            archive.writestr(name, json.dumps(document, indent=1))


class Bundle:
    """A bundle as a target: its tests are played back."""

    real = False

    def __init__(self, path: str) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
            manifest, self.report = files["manifest.json"], files["verdicts.json"]
            self._steps = files["steps.json"]
            self.exchanges = [_seen(entry) for entry in files["exchanges.har"]["log"]["entries"]]
        except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
            raise Unreadable(f"{path} is no bundle of ours: {error}") from error
        if manifest.get("format") != FORMAT:
            raise Unreadable(f"{path} has format {manifest.get('format')!r}, and this version reads {FORMAT}")
        self.name = self.report["target"]
        self._by_number = {seen.number: seen for seen in self.exchanges}

    def play(self, test: str) -> Player:
        """What that test saw."""
        kept = self._steps.get(test, {"site": {"host": "", "scheme": "https", "users": []}, "steps": []})
        steps = msgspec.convert(kept["steps"], list[Step])
        return Player(test, kept["site"], steps, self._by_number)

    def secrets(self) -> set[str]:
        """None: they were taken out."""
        return set()


def verify(path: str) -> dict[str, Any]:
    """`ok`, how many verdicts come out the same, and which differ."""
    found = Bundle(path)
    report, _ = check.run(found)
    now = {(v["requirement"], v["test"]): v["verdict"] for v in report["verdicts"]}
    then = {(v["requirement"], v["test"]): v["verdict"] for v in found.report["verdicts"]}
    differ = [
        f"{name} in {test}: recorded {verdict}, now {now.get((name, test), 'not there')}"
        for (name, test), verdict in then.items()
        if now.get((name, test)) != verdict and verdict != "known"
    ]
    counts = sum(found.report["counts"].values())
    if counts != len(then) or found.report["ok"] != (
        not any(v in ("failed", "blocked", "error") for v in then.values())
    ):
        differ.append("the summary does not fit the verdicts")
    return {"ok": not differ, "same": len(then) - len(differ), "differ": differ}


def _plain(seen: Seen) -> dict[str, Any]:
    answer = seen.response
    return {
        "number": seen.number,
        "source": seen.source,
        "target": seen.target,
        "method": seen.request.method,
        "url": seen.request.url,
        "headers": seen.request.headers,
        "body": body(seen.request),
        "status": answer.status if answer else None,
        "answer_headers": answer.headers if answer else {},
        "answer": body(answer) if answer else b"",
        "started": seen.started,
        "ended": seen.ended,
        "error": seen.error,
        "faults": (),
    }


def _seen(entry: dict[str, Any]) -> Seen:
    asked, told = entry["request"], entry["response"]
    request = Request(
        asked["method"],
        asked["url"],
        {h["name"]: h["value"] for h in asked["headers"]},
        asked.get("postData", {}).get("text", "").encode(),
    )
    response = None
    if told["status"]:
        headers = {h["name"]: h["value"] for h in told["headers"]}
        response = Response(told["status"], headers, told["content"].get("text", "").encode())
    started = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    return Seen(
        entry["_number"],
        entry["_from"],
        entry["_to"],
        entry["_by_site"],
        request,
        started,
        response,
        started + entry["time"] / 1000,
        entry["_error"],
        entry["_test"],
        entry["_facts"],
    )
