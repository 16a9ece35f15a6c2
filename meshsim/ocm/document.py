"""JSON documents in and out: a value, or an OcmError that names every bad field.

A document is a msgspec struct. Its types are the rules of its fields; what types cannot say is in
two places of the struct: `CHECKS` (field to a function that gives the reason why a value is bad) and
`RULES` (what is wrong with the document as a whole). Each rule stands alone: a field that cannot be read
silences those that ask for it and no others.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from math import isfinite
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec.structs import astuple

from meshsim.ocm import text
from meshsim.ocm.errors import OcmError, Problem

T = TypeVar("T")

Check = Callable[[Any], str | None]
"""Why a value is bad, or None."""

Rule = Callable[[Any], Iterable[Problem]]
"""What is wrong with a document."""

LIMIT = 1024 * 1024
"""Bytes of JSON that are looked at; more is refused unread."""

DEPTH = 32
"""Levels of nesting; no OCM document has more than six."""

MOST = 100
"""Problems that are told of one document, so that no answer outgrows its question."""

BACKSLASH, DEL = 0x5C, 0x7F

_decode = msgspec.json.Decoder().decode
dump: Callable[[object], bytes] = msgspec.json.Encoder().encode
"""The bytes of a value or of a plain document."""
_decoders: dict[Any, Callable[[bytes], Any]] = {}
_NESTED = frozenset({dict, list})
_FLAT = frozenset({str, int, float, bool, type(None), ...})
HALF = re.compile("[\ud800-\udfff]")
"""Half a character that UTF-8 cannot carry."""

_WHERE = re.compile(r" - at `[^`]*`$")


def load(raw: bytes) -> dict[str, object]:
    """A JSON object from a peer, untyped; OcmError for anything else (also duplicate keys)."""
    if len(raw) > LIMIT:
        raise OcmError(f"the document has {len(raw)} bytes, at most {LIMIT} are read", status=413)
    try:
        document = _decode(raw)
        if not isinstance(document, dict):
            raise OcmError("the document must be a JSON object")
        # Each key has a colon behind it. Strings may have colons too, and may even look like keys, so a
        # surplus only means that it is worth looking closely.
        keys = _count_keys(document)
        if raw.count(b":") != keys and raw.translate(None, b" \t\r\n").count(b'":') != keys:
            _refuse_duplicates(raw)
    except (msgspec.MsgspecError, UnicodeError) as error:
        if bad := _unreadable(raw):
            raise OcmError.naming(*_problems(bad)) from error
        raise OcmError(f"not JSON: {error}") from error
    except RecursionError:
        # Of two readers the second may give up first, at what the first left out as a duplicate.
        raise OcmError(f"nested deeper than {DEPTH} levels") from None
    return document


def _count_keys(document: dict[str, object]) -> int:
    count = 0
    level: list[Any] = [document]
    for _ in range(DEPTH):
        deeper: list[Any] = []
        for value in level:
            if type(value) is dict:
                count += len(value)
                value = value.values()
            for inner in value:
                if type(inner) in _NESTED:
                    deeper.append(inner)
        if not deeper:
            return count
        level = deeper
    raise OcmError(f"nested deeper than {DEPTH} levels")


def _unreadable(raw: bytes) -> dict[str, str]:
    """The members of a document, sound but for them, that no two readers take for the same."""
    try:
        # Octets that are no UTF-8 become halves of characters, as escapes may be.
        sound = raw.decode(errors="surrogateescape")
        document = json.loads(sound, parse_int=float, parse_constant=float)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    todo: deque[tuple[str, Any]] = deque([("", document)])
    while todo and len(found) < MOST:
        path, value = todo.popleft()
        # Bounded, since a long path to many members would be as many long paths.
        if isinstance(value, dict):
            for name, inner in value.items():
                shown = name[:100].encode(errors="replace").decode() or '""'
                place = f"{path}.{shown}"[:300] if path else shown
                todo.append((place, inner))
                if HALF.search(name):
                    found.setdefault(place, "has a name with half a character, or octets that are not UTF-8")
        elif isinstance(value, list):
            todo.extend((f"{path}[{index}]"[:300], inner) for index, inner in enumerate(value))
        elif isinstance(value, str) and HALF.search(value):
            found.setdefault(path, "has half a character, or octets that are not UTF-8")
        elif isinstance(value, float) and not isfinite(value):
            found.setdefault(path, "is not a number that can be read")
    return found


def _refuse_duplicates(raw: bytes) -> None:
    # Two readers of one document could each believe another of the values (RFC 8259, section 4).
    twice: list[str] = []

    def collect(pairs: list[tuple[str, object]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                twice.append(name[:100])
            seen.add(name)

    json.loads(raw, object_pairs_hook=collect, parse_int=len, parse_float=len)
    if twice:
        raise OcmError(
            "members occur twice", tuple(Problem(name, "occurs more than once") for name in twice[:20])
        )


def convert(document: object, kind: type[T]) -> T:
    """The typed value of a decoded document; OcmError with one Problem for each bad field."""
    try:
        value = msgspec.convert(document, kind)
    except msgspec.ValidationError:
        pass
    else:
        if _is_sound(value, _plan(type(value)), True):
            return value
    found: dict[str, str] = {}
    _examine(document, kind, "", found)
    raise OcmError.naming(*_problems(found))


def parse(raw: bytes, kind: type[T]) -> T:
    """`load` and `convert` in one."""
    value = recognize(raw, kind)
    return convert(load(raw), kind) if value is None else value


def recognize(raw: bytes, kind: type[T]) -> T | None:
    """The value of a document that has nothing wrong and is spelled as `dump` would; None for any other.

    What comes out again byte for byte hides no member that is unknown or comes twice, so `load` need
    not look for them. It takes a third of the time, and says nothing that `parse` would not say.
    """
    if len(raw) > LIMIT:
        return None
    plan = _plans.get(kind) or _plan(kind)
    # Each level of nesting opens with a bracket.
    if plan.deep and raw.count(b"{") + raw.count(b"[") > DEPTH:
        return None
    decode = _decoders.get(kind)
    if decode is None:
        decode = _decoders[kind] = msgspec.json.Decoder(kind).decode
    try:
        value: T = decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    if dump(value) != raw:
        return None
    return value if _is_sound(value, plan, plan.texts and not _is_plain(raw)) else None


def _is_plain(raw: bytes) -> bool:
    """Whether no text in a document that `dump` wrote breaks a rule of `text.FREE`.

    None is empty, longer than all of it, or has a character that is not printable: those of ASCII are
    escaped, but for DEL.
    """
    # A number is looked for in bytes much faster than bytes are.
    return (
        len(raw) <= text.LONGEST
        and raw.isascii()
        and raw.find(b'""') < 0
        and BACKSLASH not in raw
        and DEL not in raw
    )


def plain(value: object) -> dict[str, Any]:
    """The JSON object of a value, as `load` would give it; members that are None are left out."""
    document: dict[str, Any] = _plain(msgspec.to_builtins(value))
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


class _Field(msgspec.Struct, frozen=True):
    """What there is to know of a field when it is bad."""

    name: str
    spelled: str
    type: Any
    required: bool
    default: Any
    check: Check | None
    inner: Any
    """The struct it is about, if any."""
    many: bool


class _Plan(msgspec.Struct, frozen=True):
    """What there is to check in a kind of struct, found out once."""

    fields: dict[str, _Field]
    checks: tuple[tuple[int, Check], ...]
    """Index of the field and its check."""
    strict: tuple[tuple[int, Check], ...]
    """The same without those that are one of `text.FREE`."""
    nested: tuple[tuple[int, "_Plan"], ...]
    """Index of the field, and what there is to check in the structs it has."""
    rules: tuple[Rule, ...]
    texts: bool
    """Whether one of `text.FREE` is among the checks, here or in what is nested."""
    deep: bool
    """Whether something in it may be nested without end."""


_plans: dict[Any, _Plan] = {}


def _plan(kind: Any) -> _Plan:
    plan = _plans.get(kind)
    if plan is None:
        checks: Mapping[str, Check] = getattr(kind, "CHECKS", {})
        fields = [
            _Field(
                f.name, f.encode_name, f.type, f.required, f.default, checks.get(f.name), *_struct_in(f.type)
            )
            for f in msgspec.structs.fields(kind)
        ]
        checked = tuple((index, field.check) for index, field in enumerate(fields) if field.check is not None)
        nested = tuple((index, _plan(field.inner)) for index, field in enumerate(fields) if field.inner)
        plan = _plans[kind] = _Plan(
            {field.name: field for field in fields},
            checked,
            tuple((index, check) for index, check in checked if check not in text.FREE),
            nested,
            getattr(kind, "RULES", ()),
            any(check in text.FREE for _, check in checked) or any(inside.texts for _, inside in nested),
            any(
                _plan(field.inner).deep if field.inner else not _FLAT.issuperset(_parts_within(field.type))
                for field in fields
            ),
        )
    return plan


def _is_sound(value: Any, plan: _Plan, free: bool) -> bool:
    """Whether nothing is wrong with a value whose types are right; `free` texts need not be looked at
    if they are known to be right as well.
    """
    checks = plan.checks if free else plan.strict
    given = astuple(value) if checks or plan.nested else ()
    for index, check in checks:
        found = given[index]
        if found is not None and check(found) is not None:
            return False
    for index, inside in plan.nested:
        inner = given[index]
        if inner is None:
            continue
        for each in inner if type(inner) is tuple else (inner,):
            if not _is_sound(each, inside, free):
                return False
    for rule in plan.rules:
        for _ in rule(value):
            return False
    return True


class _Unreadable(AttributeError):
    """A rule asks for a field that is missing or of a wrong type; that has been told already."""


class _Partial:
    """A document as far as it can be read, for rules that may not need the rest."""

    def __init__(self, kind: Any, fields: dict[str, Any]) -> None:
        self._kind = kind
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        if name in self._fields:
            return self._fields[name]
        if name in _plan(self._kind).fields:
            raise _Unreadable(name)
        return getattr(self._kind, name).__get__(self)


def _examine(document: object, kind: Any, path: str, found: dict[str, str]) -> _Partial:
    """Tell in `found` what is wrong with a document: path of the field to the reason."""
    if not isinstance(document, dict):
        found.setdefault(path.rstrip(".") or "body", "must be an object")
        return _Partial(kind, {})
    plan = _plan(kind)
    readable: dict[str, Any] = {}
    for field in plan.fields.values():
        name = path + field.spelled
        if field.spelled not in document:
            if field.required:
                found.setdefault(name, "is missing")
            else:
                readable[field.name] = field.default
            continue
        given = document[field.spelled]
        if field.inner is not None and field.many and isinstance(given, (list, tuple)):
            items = []
            for index, item in enumerate(given):
                if len(found) > MOST:
                    break
                items.append(_examine(item, field.inner, f"{name}[{index}].", found))
            readable[field.name] = tuple(items)
        elif field.inner is not None and not field.many and isinstance(given, dict):
            readable[field.name] = _examine(given, field.inner, name + ".", found)
        else:
            try:
                value = readable[field.name] = msgspec.convert(given, field.type)
            except msgspec.ValidationError as error:
                found.setdefault(name, _reason(error))
            else:
                if field.check is not None and value is not None:
                    reason = field.check(value)
                    if reason is not None:
                        found.setdefault(name, reason)
    partial = _Partial(kind, readable)
    for rule in plan.rules:
        with suppress(_Unreadable):
            for problem in rule(partial):
                found.setdefault(path + problem.name, problem.message)
    return partial


def _problems(found: Mapping[str, str]) -> Iterator[Problem]:
    """What was found, path of the field to the reason, as far as it is told."""
    return (Problem(name, message) for name, message in islice(found.items(), MOST))


def _reason(error: msgspec.ValidationError) -> str:
    reason = _WHERE.sub("", str(error)).replace("`", "")
    return reason[:1].lower() + reason[1:200]


def _struct_in(annotation: Any) -> tuple[Any, bool]:
    """The struct that an annotation is about, if any, and whether there are many of it."""
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part, False
        if get_origin(part) is tuple:
            (inner, _) = _struct_in(get_args(part)[0])
            return inner, True
    return None, False


def _parts_within(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of, down to those that are made of no others."""
    arguments = get_args(annotation)
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _parts_within(argument)


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
