"""Bundles: all that a run saw, without its secrets, in one file; and the verdicts recomputed from it alone.

manifest.json      target, versions, seed and clock
verdicts.json      the report
requirements.json  the text of each requirement that was judged
untested.json      which have no test, and why
causes.json        for what is broken: what others did that broke it
exchanges.har      every exchange, tagged with its test and the requirements it was judged for
steps.json         what each test asked for, in order
"""

import base64
import hashlib
import json
import os
import re
import string
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import msgspec

from conformance import Inconclusive, bundles, catalogue, check, fuzz, mutants, verdicts
from conformance.plugin import Suite
from conformance.record import Player, Seen, Step, body
from meshsim import __version__
from meshsim.wire import Request, Response
from reports import har

SECRET = re.compile(rb'"(?:sharedSecret|access_token|refresh_token|token|code)"\s*:\s*"([^"\\\s]{6,})"')
FIELD = re.compile(rb"\b(?:code|token)=([^&\s\"]{6,})")
BASIC = re.compile(r"Basic [A-Za-z0-9+/]{8,}=*")
ESCAPE = re.compile(r"\\u[0-9A-Fa-f]{4}|\\.")
"""How JSON may write a character of a secret; what stands for the secret has to be JSON, too."""
ALPHABETS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
FORMAT = 2
FILES = ("manifest", "verdicts", "requirements", "untested", "causes", "exchanges", "steps")
MOST = 512 << 20
"""Octets that are unpacked of a bundle, which somebody may have made to hurt."""


class Unreadable(ValueError):
    """A file that is no bundle, or one of another format."""


def shaped(secret: bytes) -> str:
    """What stands for a secret: as long and of the same kinds of characters, so that lengths stay true."""
    stream = hashlib.shake_256(b"bundle" + secret).digest(2 * len(secret))
    text = secret.decode(errors="replace")
    out = []
    escaped = {place for match in ESCAPE.finditer(text) for place in range(*match.span())}
    for place, character in enumerate(text):
        if place in escaped:
            out.append(character)
            continue
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
            value = BASIC.sub(lambda shown: self.header("authorization", shown[0]), value)
            return self._words(value.encode(errors="replace")).decode()
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {name: self.value(item) for name, item in value.items()}
        return value


def _invite(text: str) -> str:
    token, _, host = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rpartition("@")
    return base64.urlsafe_b64encode(f"{shaped(token.encode())}@{host}".encode()).decode().rstrip("=")


ODD = frozenset(quote_plus(text) for text in fuzz.TEXTS)
"""What the fuzz makes up is sent as a code, too, which is hidden, and as what is no secret."""


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
    return found - invites - ODD, invites


def record(report: dict[str, Any], suite: Suite) -> dict[str, Any]:
    """All that a report tells, as plain JSON without secrets; its members are the files of a bundle."""
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
    named = sorted({cell.requirement for cell in suite.verdicts})
    cells = [{**cell, "reason": mask.value(cell["reason"])} for cell in report["verdicts"]]
    return {
        "manifest": {
            "format": FORMAT,
            "target": report["target"],
            "version": __version__,
            "draft": report["draft"],
            "seed": report["seed"],
            "clock": report["clock"],
            "started": suite.exchanges[0].started if suite.exchanges else None,
            "real": suite.target.real,
            "api": list(getattr(suite.target, "version", catalogue.NEWEST)),
            "recorded": getattr(suite.target, "recorded", False),
            "log": mask.value(getattr(suite.target, "log", "")),
            "plain": getattr(suite.target, "plain", False),
        },
        "verdicts": {**report, "verdicts": cells},
        "requirements": {name: catalogue.told(name) for name in named},
        "untested": catalogue.untested(),
        "causes": causes({c.requirement for c in suite.verdicts if c.verdict in ("failed", "warning")}),
        "exchanges": {
            "log": {
                "version": "1.2",
                "creator": {"name": "meshsim", "version": __version__},
                "entries": entries,
            }
        },
        "steps": {
            test: {"site": suite.sites[test], "steps": mask.value(msgspec.to_builtins(steps))}
            for test, steps in suite.steps.items()
        },
    }


def causes(broken: set[str]) -> dict[str, list[str]]:
    """What faulty sites that broke these requirements did wrong: where to look first."""
    found: dict[str, list[str]] = {}
    for slug in mutants.names() if broken else ():
        mutant = mutants.load(slug)
        for name in broken.intersection(mutant.breaks):
            found.setdefault(name, []).append(" ".join(mutant.story.partition("\n\n")[0].split()))
    return found


def write(path: str, report: dict[str, Any], suite: Suite) -> None:
    """Write the bundle of a run."""
    archive(path, record(report, suite))


def archive(path: str, told: Mapping[str, Any]) -> None:
    """Write a record as a bundle; a file that was there before is replaced whole, or not at all."""
    there = Path(path)
    partial = there.with_name(f".{there.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, document in told.items():
                packed.writestr(_file(name), json.dumps(document, indent=1))
        partial.replace(there)
    finally:
        partial.unlink(missing_ok=True)


def read(path: str) -> dict[str, Any]:
    """The record that a bundle holds; Unreadable."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(info.file_size for info in packed.infolist()) > MOST:
                raise Unreadable(f"{path} holds more than {MOST >> 20} MiB")
            found = {name: json.loads(packed.read(_file(name))) for name in FILES}
        form = found["manifest"].get("format")
        if form == FORMAT:
            bundles.check(found)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{path} is no bundle of ours: {error}") from error
    if form != FORMAT:
        raise Unreadable(f"{path} has format {form!r}, and this version reads {FORMAT}")
    return found


def _file(name: str) -> str:
    return f"{name}.har" if name == "exchanges" else f"{name}.json"


class Bundle:
    """A bundle as a target: its tests are played back."""

    def __init__(self, path: str) -> None:
        found = read(path)
        self.report = found["verdicts"]
        self._steps = found["steps"]
        try:
            self.exchanges = [_seen(entry) for entry in found["exchanges"]["log"]["entries"]]
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable(f"{path} holds exchanges that cannot be read: {error}") from error
        self.name = self.report["target"]
        self.recorded = bool(found["manifest"].get("recorded"))
        self.real, self.plain = bool(found["manifest"].get("real")), bool(found["manifest"].get("plain"))
        self.version = (*found["manifest"].get("api", catalogue.NEWEST),)[:2]
        self._by_number = {seen.number: seen for seen in self.exchanges}

    def play(self, test: str) -> Player:
        """What that test saw; Inconclusive for one that could see nothing."""
        if self.recorded and test not in self._steps:
            raise Inconclusive("not observed")
        kept = self._steps.get(test, {"site": {"host": "", "scheme": "https", "users": []}, "steps": []})
        steps = msgspec.convert(kept["steps"], list[Step])
        return Player(test, kept["site"], steps, self._by_number)

    def secrets(self) -> set[str]:
        """None: they were taken out."""
        return set()


def verify(path: str, own: Iterable[str] = ()) -> dict[str, Any]:
    """`ok`, how many verdicts come out the same, and which differ; `own` as in `check.run`."""
    found = Bundle(path)
    report, _ = check.run(found, own=own)
    now = {(v["requirement"], v["test"]): v["verdict"] for v in report["verdicts"]}
    then = {(v["requirement"], v["test"]): v["verdict"] for v in found.report["verdicts"]}
    missing = {
        (v["requirement"], v["test"]) for v in found.report["verdicts"] if v["reason"] == verdicts.NOT_RUN
    }
    differ = [
        f"{name} in {test}: recorded {verdict}, now {now.get((name, test), 'not there')}"
        for (name, test), verdict in then.items()
        if now.get((name, test)) != verdict and verdict != "known" and (name, test) not in missing
    ]
    counts = sum(found.report["counts"].values())
    finished = bool(then) and not missing
    if counts != len(then) or found.report["ok"] != (finished and verdicts.well(Counter(then.values()))):
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
