"""The requirements, the ambiguities, and what nobody tests: read strictly, once."""

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

HERE = Path(__file__).parent
Level = Literal["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"]
Kind = Literal["active-blackbox", "passive-observe", "needs-peer", "needs-operator", "not-testable"]
BINDING = ("MUST", "MUST NOT")
ADVISED = ("SHOULD", "SHOULD NOT")
TESTABLE = ("active-blackbox", "passive-observe", "needs-peer")
NEWEST = (1, 5)
# -06 came without a new number of the API, so only a server of 1.5 is sure to know it.
REVISIONS = {"-05": (1, 4), "-05/-06": (1, 5), "-06": (1, 5), "-07": (1, 5)}


class Requirement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item of requirements.yaml, which says what its members mean."""

    id: str
    level: Level
    section: str
    subject: str
    requirement: str
    since: str
    test: Kind
    how: str
    negative: bool
    basis: Literal["text", "field", "schema", "implied"]
    introduced: str = ""
    until: str = ""
    deprecated: str = ""
    also: tuple[Kind, ...] = ()
    note: str = ""

    @property
    def area(self) -> str:
        """SHARE of OCM-SHARE-116."""
        return self.id.split("-")[1]

    @property
    def testable(self) -> bool:
        """Whether something outside can judge it."""
        return self.test in TESTABLE

    @property
    def first(self) -> tuple[int, int]:
        """The API version that a server must claim for this to bind it."""
        if self.since == "draft":
            return REVISIONS.get(self.introduced, NEWEST)
        return _version(self.since)

    @property
    def last(self) -> tuple[int, int]:
        """The newest API version that has it."""
        if not self.until:
            return (99, 0)
        return (1, 4) if self.until.startswith("draft") else _version(self.until)

    @property
    def severity(self) -> str:
        """What two servers lose where one of them does not keep to it; severity.yaml has what is otherwise.

        breaks: they cannot do what they try, or somebody else can what is not theirs to do. degrades: they
        can, but less of it or less safely. harmless: nobody notices.
        """
        return overrides().get(self.id) or self.usual

    @property
    def usual(self) -> str:
        """The same by rule: to take what should be refused hurts no peer that does nothing wrong."""
        if self.level in BINDING:
            return "breaks" if self.basis in ("text", "field") and not self.negative else "degrades"
        return "degrades" if self.level in ADVISED else "harmless"


class Beyond(Requirement, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One item of beyond.yaml: no sentence of OCM, and no part of the reach of the suite."""

    since: str = "1.0"
    test: Kind = "needs-peer"
    negative: bool = False
    basis: Literal["text", "field", "schema", "implied"] = "implied"


class Ambiguity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the texts are unclear or disagree; only which reading a site follows is recorded."""

    id: str
    question: str
    stance: str


class Untested(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements that no test judges, and why."""

    reason: str
    ids: tuple[str, ...]


class Weight(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requirements whose severity is another than the usual one, and why."""

    severity: Literal["breaks", "degrades", "harmless"]
    reason: str
    ids: tuple[str, ...]


class _Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    draft: str
    api_version: str
    requirements: tuple[Requirement, ...]


@cache
def requirements() -> dict[str, Requirement]:
    """All requirements by id, in the order of the draft; ValueError for two of one id."""
    return _by_id(_read().requirements)


def draft() -> str:
    """The text that the requirements were read from."""
    return _read().draft


@cache
def _read() -> _Catalogue:
    return msgspec.yaml.decode((HERE / "requirements.yaml").read_bytes(), type=_Catalogue)


@cache
def beyond() -> dict[str, Beyond]:
    """What OCM takes for granted, by id."""
    return _by_id(msgspec.yaml.decode((HERE / "beyond.yaml").read_bytes(), type=tuple[Beyond, ...]))


@cache
def ambiguities() -> dict[str, Ambiguity]:
    """All ambiguities by id."""
    return _by_id(msgspec.yaml.decode((HERE / "ambiguities.yaml").read_bytes(), type=tuple[Ambiguity, ...]))


@cache
def untested() -> dict[str, str]:
    """Why nobody tests it, by id; ValueError for an id that is unknown or listed twice."""
    found: dict[str, str] = {}
    for entry in msgspec.yaml.decode((HERE / "untested.yaml").read_bytes(), type=tuple[Untested, ...]):
        for name in entry.ids:
            if name in found or name not in known():
                raise ValueError(f"untested.yaml: {name} is unknown or listed twice")
            found[name] = entry.reason
    return found


@cache
def weights() -> tuple[Weight, ...]:
    """What severity.yaml says."""
    return msgspec.yaml.decode((HERE / "severity.yaml").read_bytes(), type=tuple[Weight, ...])


@cache
def overrides() -> dict[str, str]:
    """Severities that are not the usual ones, by id."""
    return {name: weight.severity for weight in weights() for name in weight.ids}


def known() -> set[str]:
    """Every id that a test may name."""
    return {*requirements(), *beyond(), *ambiguities()}


def find(name: str) -> Requirement | None:
    """What a test may judge by, of the draft or beyond it; None for an ambiguity."""
    return requirements().get(name) or beyond().get(name)


def level(name: str) -> str:
    """The level of a requirement; INFO for an ambiguity."""
    found = find(name)
    return found.level if found else "INFO"


def severity(name: str) -> str:
    """Breaks, degrades or harmless."""
    found = find(name)
    return found.severity if found else "harmless"


def text(name: str) -> str:
    """What it says."""
    found = find(name)
    return found.requirement if found else ambiguities()[name].question


def told(name: str) -> dict[str, str]:
    """What reports tell of it, which know nothing of ours."""
    found = find(name)
    if found is None:
        ambiguity = ambiguities()[name]
        return {
            "text": ambiguity.question,
            "level": "INFO",
            "severity": "harmless",
            "section": "",
            "how": ambiguity.stance,
        }
    return {
        "text": found.requirement,
        "level": found.level,
        "severity": found.severity,
        "section": found.section,
        "how": found.how,
    }


def binds(name: str, version: tuple[int, int]) -> bool:
    """Whether it binds a server that claims that version of the API."""
    found = find(name)
    return found is None or found.first <= version <= found.last


def claimed(document: object) -> tuple[int, int]:
    """The version a discovery document claims; the newest if that cannot be read: nothing is let off."""
    value = document.get("apiVersion") if isinstance(document, dict) else None
    try:
        return _version(str(value).partition("-")[0])
    except ValueError:
        return NEWEST


def _version(value: str) -> tuple[int, int]:
    major, _, minor = value.partition(".")
    return int(major), int(minor.partition(".")[0])


def _by_id(entries):  # type: ignore[no-untyped-def]
    found = {entry.id: entry for entry in entries}
    if len(found) != len(entries):
        raise ValueError("two entries have one id")
    return found
