"""JSON documents in and out: a value, or an OcmError that names every bad field.

A document is a msgspec struct. Its types are the rules of its fields; what types cannot say is in
two places of the struct: `CHECKS` (field to a function that gives the reason why a value is bad) and
`faults` (what is wrong with the document as a whole).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from meshsim.ocm.errors import OcmError, Problem

T = TypeVar("T")

Check = Callable[[Any], str | None]
"""Why a value is bad, or None."""

LIMIT = 1024 * 1024
"""Bytes of JSON that are looked at; more is refused unread."""

DEPTH = 32
"""Levels of nesting; no OCM document has more than six."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_KEY = re.compile(rb'"\s*:')
_WHERE = re.compile(r" - at `[^`]*`$")


def load(raw: bytes) -> dict[str, object]:
    """A JSON object from a peer, untyped; OcmError for anything else (also duplicate keys)."""
    if len(raw) > LIMIT:
        raise OcmError(f"the document has {len(raw)} bytes, at most {LIMIT} are read", status=413)
    try:
        document = _decode(raw)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise OcmError(f"not JSON: {error}") from error
    except RecursionError:
        raise OcmError(f"nested deeper than {DEPTH} levels") from None
    if not isinstance(document, dict):
        raise OcmError("the document must be a JSON object")
    keys = _count_keys(document, DEPTH)
    # Strings may look like keys too, so a surplus only means that it is worth looking closely.
    if len(_KEY.findall(raw)) != keys:
        _refuse_duplicates(raw)
    return document


def _count_keys(value: object, depth: int) -> int:
    if depth == 0:
        raise OcmError(f"nested deeper than {DEPTH} levels")
    count = 0
    if isinstance(value, dict):
        count = len(value)
        for inner in value.values():
            if isinstance(inner, (dict, list)):
                count += _count_keys(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, (dict, list)):
                count += _count_keys(inner, depth - 1)
    return count


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
        problems = tuple(_problems(document, kind, ""))
    else:
        found: list[Problem] = []
        _find_faults(value, "", found)
        if not found:
            return value
        problems = tuple(found)
    raise OcmError("; ".join(f"{p.name}: {p.message}" for p in problems[:5]), problems)


def parse(raw: bytes, kind: type[T]) -> T:
    """`load` and `convert` in one."""
    return convert(load(raw), kind)


def plain(value: object) -> dict[str, Any]:
    """The JSON object of a value, as `load` would give it; members that are None are left out."""
    document: dict[str, Any] = _plain(msgspec.to_builtins(value))
    return document


def dump(value: object) -> bytes:
    """The bytes of a value or of a plain document."""
    return _encode(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


class _Plan(msgspec.Struct, frozen=True):
    """What there is to check in a kind of struct, found out once."""

    checks: tuple[tuple[str, str, Check], ...]
    nested: tuple[tuple[str, str], ...]
    whole: bool


def _plan(kind: Any) -> _Plan:
    plan = _plans.get(kind)
    if plan is None:
        plan = _plans[kind] = _make_plan(kind)
    return plan


_plans: dict[type, _Plan] = {}


def _make_plan(kind: Any) -> _Plan:
    checks: Mapping[str, Check] = getattr(kind, "CHECKS", {})
    fields = msgspec.structs.fields(kind)
    return _Plan(
        tuple((f.name, f.encode_name, checks[f.name]) for f in fields if f.name in checks),
        tuple((f.name, f.encode_name) for f in fields if _struct_in(f.type)[0] is not None),
        hasattr(kind, "faults"),
    )


def _find_faults(value: Any, path: str, found: list[Problem]) -> None:
    """Add what is wrong with a value whose types are right."""
    plan = _plan(type(value))
    for name, spelled, check in plan.checks:
        given = getattr(value, name)
        if given is not None and (reason := check(given)) is not None:
            found.append(Problem(path + spelled, reason))
    for name, spelled in plan.nested:
        inner = getattr(value, name)
        if inner is None:
            continue
        if type(inner) is tuple:
            for index, item in enumerate(inner):
                _find_faults(item, f"{path}{spelled}[{index}].", found)
        else:
            _find_faults(inner, f"{path}{spelled}.", found)
    if plan.whole:
        found += [Problem(path + problem.name, problem.message) for problem in value.faults()]


def _problems(document: object, kind: Any, path: str) -> Iterator[Problem]:
    """What is wrong with a document that has at least one value of a wrong type."""
    if not isinstance(document, dict):
        yield Problem(path.rstrip(".") or "body", "must be an object")
        return
    try:
        value = msgspec.convert(document, kind)
    except msgspec.ValidationError:
        pass
    else:
        found: list[Problem] = []
        _find_faults(value, path, found)
        yield from found
        return
    checks: Mapping[str, Check] = getattr(kind, "CHECKS", {})
    for field in msgspec.structs.fields(kind):
        name = path + field.encode_name
        if field.encode_name not in document:
            if field.required:
                yield Problem(name, "is missing")
            continue
        value = document[field.encode_name]
        inner, many = _struct_in(field.type)
        if inner is not None and many and isinstance(value, list):
            for index, item in enumerate(value):
                yield from _problems(item, inner, f"{name}[{index}].")
        elif inner is not None and not many and isinstance(value, dict):
            yield from _problems(value, inner, name + ".")
        else:
            try:
                found = msgspec.convert(value, field.type)
            except msgspec.ValidationError as error:
                yield Problem(name, _reason(error))
            else:
                check = checks.get(field.name)
                if check is not None and found is not None and (reason := check(found)) is not None:
                    yield Problem(name, reason)


def _reason(error: msgspec.ValidationError) -> str:
    text = _WHERE.sub("", str(error)).replace("`", "")
    return text[:1].lower() + text[1:200]


def _struct_in(annotation: Any) -> tuple[Any, bool]:
    """The struct that an annotation is about, if any, and whether there are many of it."""
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part, False
        if get_origin(part) is tuple:
            (inner, _) = _struct_in(get_args(part)[0])
            return inner, True
    return None, False


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
