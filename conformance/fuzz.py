"""Documents that are wrong in one place, derived from the definitions of the simulator.

Each case changes one member, and the value of one that fails is made smaller as long as it still does. The
order is by a seed: a run with a budget sees another part of them with another seed. A case that failed is
kept as endpoint, place and value, which are enough to make it again at any site.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from meshsim.ocm.invite import Acceptance
from meshsim.ocm.notification import Notification
from meshsim.ocm.share import ShareCreation

SHAPES: dict[str, type[msgspec.Struct]] = {
    "shares": ShareCreation,
    "notifications": Notification,
    "invite-accepted": Acceptance,
}

TEXTS = ("", "\x00", "%00", "x" * 5000, "\u202e\U0001f600", "a b", "../..", "' OR 1=1 --")
"""For fields of a form, a query or a header, which are texts alone."""

TRIES = 40
"""Messages that are sent to make a failing one smaller."""

VALUES: dict[str, tuple[Any, ...]] = {
    "null": (None,),
    "boolean": (True,),
    "number": (7, -1, 1.5, 10**400, 2**63),
    "string": ("", "\x00", "\u202e\ud83d\ude00" * 9, "long " * 800, "../..", "%00", "' OR 1=1 --", "[::1"),
    "array": ([], [[]], ["x", 7, None], [[[[[[[[]]]]]]]]),
    "object": ({}, {"": ""}, {"a": {"b": {"c": {"d": {}}}}}),
}
"""By JSON type: of each, some that have troubled somebody."""

KINDS: dict[type, tuple[str, ...]] = {
    inspect.NoneType: ("null",),
    inspect.BoolType: ("boolean",),
    inspect.IntType: ("number",),
    inspect.FloatType: ("number",),
    inspect.StrType: ("string",),
    inspect.StructType: ("object",),
    inspect.DictType: ("object",),
    inspect.ListType: ("array",),
    inspect.VarTupleType: ("array",),
    inspect.AnyType: tuple(VALUES),
}


class Case(msgspec.Struct, frozen=True):
    """One document; `must_fail` if nobody may take it."""

    place: str
    value: Any
    document: dict[str, Any]
    must_fail: bool

    def having(self, value: Any) -> "Case":
        """The same place with another value."""
        return _case(self.document, tuple(self.place.split(".")), value, must_fail=self.must_fail)

    @property
    def saved(self) -> dict[str, Any]:
        """What `cases` makes it from again."""
        out = self.value is msgspec.UNSET
        return {"place": self.place, "left_out": out, "value": None if out else self.value}

    def __str__(self) -> str:
        shown = "left out" if self.value is msgspec.UNSET else json.dumps(self.value)[:60]
        return f"{self.place}: {shown}"


def cases(
    endpoint: str,
    document: dict[str, Any],
    most: int,
    seed: int = 0,
    only: Mapping[str, Any] | None = None,
) -> list[Case]:
    """At most so many documents for an endpoint, made of a good one; or `only` one that was saved."""
    if endpoint in SHAPES:
        found = list(_spoiled(inspect.type_info(SHAPES[endpoint]), document, document, ()))
    else:
        found = list(_spoiled_fields(document))
    if only is not None:
        if only["endpoint"] != endpoint:
            return []
        value = msgspec.UNSET if only["left_out"] else only["value"]
        alike = [case for case in found if case.place == only["place"]]
        kinds = [case for case in alike if type(case.value) is type(value)]
        return [case.having(value) for case in (kinds or alike)[:1]]
    random.Random(f"{endpoint} {seed}").shuffle(found)  # noqa: S311 - repeatable
    return found[:most]


def _spoiled(
    shape: Any, document: dict[str, Any], part: dict[str, Any], way: tuple[str, ...]
) -> Iterator[Case]:
    for field in shape.fields:
        name = field.encode_name
        place = (*way, name)
        types = getattr(field.type, "types", (field.type,))
        fits = {kind for found in types for kind in KINDS.get(type(found), tuple(VALUES))}
        if name in part:
            # What may be missing inside an object that may be missing is no fault by itself.
            yield _case(document, place, msgspec.UNSET, must_fail=field.required and len(place) == 1)
        for kind, values in VALUES.items():
            for value in values:
                wrong = kind not in fits and field.required and len(place) == 1
                yield _case(document, place, value, must_fail=wrong)
        inner = next((found for found in types if isinstance(found, inspect.StructType)), None)
        if inner is not None and isinstance(part.get(name), dict):
            yield from _spoiled(inner, document, part[name], place)


def _spoiled_fields(form: dict[str, Any]) -> Iterator[Case]:
    for name in form:
        yield _case(form, (name,), msgspec.UNSET, must_fail=True)
        for value in TEXTS:
            yield _case(form, (name,), value, must_fail=True)


def smaller(value: Any) -> Iterator[Any]:
    """Values of the same type that are less of it, the smallest first."""
    if isinstance(value, str | list):
        for part in (value[:0], value[:1], value[: len(value) // 2], value[len(value) // 2 :], value[:-1]):
            if len(part) < len(value):
                yield part
    elif isinstance(value, dict):
        for name in value:
            yield {other: inner for other, inner in value.items() if other != name}
    elif type(value) is int and abs(value) > 1:
        yield from (value // abs(value), value // 2)


def shrunk(case: Case, fails: Callable[[Case], bool]) -> Case:
    """As small a case as still fails, found with TRIES messages at most."""
    tries = iter(range(TRIES))
    found = True
    while found:
        found = False
        for value in () if case.value is msgspec.UNSET else smaller(case.value):
            if next(tries, None) is None:
                return case
            if fails(case.having(value)):
                case, found = case.having(value), True
                break
    return case


def _case(document: dict[str, Any], place: tuple[str, ...], value: Any, *, must_fail: bool) -> Case:
    copy: dict[str, Any] = json.loads(json.dumps(document))
    holder = copy
    for name in place[:-1]:
        holder = holder[name]
    if value is msgspec.UNSET:
        holder.pop(place[-1], None)
    else:
        holder[place[-1]] = value
    return Case(".".join(place), value, copy, must_fail)
