"""Documents that are wrong in one place, derived from the definitions of the simulator.

Each case changes one member, so one that fails is as small as it gets. The order is by a seed: a run with a
budget sees another part of them with another seed, and a case can be run again.
"""

import json
import random
from collections.abc import Iterator
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

    def __str__(self) -> str:
        shown = "left out" if self.value is msgspec.UNSET else json.dumps(self.value)[:60]
        return f"{self.place}: {shown}"


def cases(endpoint: str, document: dict[str, Any], most: int, seed: int = 0) -> list[Case]:
    """At most so many documents for an endpoint, made of a good one."""
    found = list(_spoiled(inspect.type_info(SHAPES[endpoint]), document, document, ()))
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
