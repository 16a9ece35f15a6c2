"""Requests that Hypothesis makes from an OpenAPI description: what it asks for, or more or less that."""

import json
import re
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

FORM = "application/x-www-form-urlencoded"
WORDS = (
    *(
        "alice",
        "bob",
        "notes.txt",
        "papers",
        "read",
        "write",
        "user",
        "group",
        "file",
        "folder",
        "multi",
        "webdav",
    ),
    *(
        "SHARE_ACCEPTED",
        "SHARE_UNSHARED",
        "USER_REMOVED",
        "REQUEST_SHARE",
        "authorization_code",
        "must-exchange-token",
    ),
    *(
        "",
        "x" * 2000,
        "a\0b",
        "\ud800",
        "../../etc/passwd",
        "https://evil.example/",
        "alice@{host}",
        "bob@evil.example",
    ),
    *("{host}", "evil.example", "\u202e", "%00", "-1", "http://127.0.0.1:1/", "<x/>", "\uff0e\uff0e/"),
)
ODD = (None, True, 0, -1, 2**63, 1e308, 0.5, [], {}, [[]], [{}], "", "x", {"a": {"a": {"a": []}}})


def operations(description):
    """Method, path and operation of all that is described."""
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method == "additionalOperations":
                yield from ((name, path, what) for name, what in operation.items())
            elif method != "parameters":
                yield method.upper(), path, operation


def content(operation):
    """Media type and schema of the body that is taken; None if there is none."""
    if "requestBody" not in operation:
        return None
    ((kind, taken),) = operation["requestBody"]["content"].items()
    return kind, taken["schema"]


@st.composite
def requests(draw, description, host, wild=0.1):
    """Method, path, media type and body of one; `wild` is how often a part of it is something else."""
    maker = _Maker(draw, description["components"]["schemas"], host, wild)
    return maker.request(list(operations(description)))


class _Maker:
    """Makes values of schemas, as Hypothesis draws."""

    def __init__(self, draw, schemas, host, wild):
        self._draw = draw
        self._schemas = schemas
        self._host = host
        self._wild = wild

    def _choose(self, values):
        return self._draw(st.sampled_from(values))

    def _happens(self, chance):
        return self._draw(st.integers(0, 99)) >= 100 - 100 * chance  # what happens is not the simplest case

    def word(self):
        if self._happens(0.2):
            return self._draw(st.text(max_size=20))
        return self._choose(WORDS).replace("{host}", self._host)

    def value(self, schema, depth=0):
        """A value of that schema, or now and then another."""
        if self._happens(self._wild):
            return self._choose(ODD)
        if "$ref" in schema:
            return self.value(self._schemas[schema["$ref"].rpartition("/")[2]], depth)
        if "anyOf" in schema:
            return self.value(self._choose(schema["anyOf"]), depth)
        if "enum" in schema:
            return self._choose(schema["enum"])
        match schema.get("type"):
            case "object":
                needed = schema.get("required", ())
                made = {
                    name: self.value(member, depth + 1)
                    for name, member in schema.get("properties", {}).items()
                    if (name in needed and not self._happens(self._wild / 2)) or self._happens(0.4)
                }
                if "additionalProperties" in schema or self._happens(self._wild):
                    made[self.word()] = self.value({}, depth + 1)
                return made
            case "array":
                return [self.value(schema.get("items", {}), depth + 1) for _ in range(self._choose(range(4)))]
            case "integer":
                return self._choose((0, 1, 60, 1767225600, 2**53))
            case "boolean":
                return self._draw(st.booleans())
            case "string":
                return self.word()
            case "null":
                return None
        if depth > 3:
            return self._choose(ODD)
        return self.value({"type": self._choose(("string", "array", "object"))}, depth + 1)

    def _part(self, match):
        # Nobody but the user gets any further.
        word = "alice" if match[1] == "user" and not self._happens(0.2) else self.word()
        return quote(word.encode(errors="replace"))

    def request(self, described):
        method, path, operation = self._choose(described)
        filled = re.sub(r"{(\w+)}", self._part, path)
        taken = content(operation)
        if taken is None:
            return method, filled, "", b""
        kind, schema = taken
        made = self.value(schema)
        if kind == FORM and isinstance(made, dict):
            body = urlencode({k: str(v).encode(errors="replace") for k, v in made.items()}).encode()
        else:
            body = json.dumps(made).encode()
        return method, filled, kind, body
