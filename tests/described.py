"""Requests made from an OpenAPI description: what it asks for, or more or less that."""

import json
import re
from urllib.parse import quote, urlencode

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


class Maker:
    """Makes values of schemas by a seeded chance; `wild` is how often one is something else."""

    def __init__(self, description, chance, host, wild=0.1):
        self.all = list(operations(description))
        self._schemas = description["components"]["schemas"]
        self._chance = chance
        self._host = host
        self._wild = wild

    def word(self):
        return self._chance.choice(WORDS).replace("{host}", self._host)

    def value(self, schema, depth=0):
        """A value of that schema, or now and then another."""
        chance = self._chance
        if chance.random() < self._wild:
            return chance.choice(ODD)
        if "$ref" in schema:
            return self.value(self._schemas[schema["$ref"].rpartition("/")[2]], depth)
        if "anyOf" in schema:
            return self.value(chance.choice(schema["anyOf"]), depth)
        if "enum" in schema:
            return chance.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                needed = schema.get("required", ())
                made = {
                    name: self.value(member, depth + 1)
                    for name, member in schema.get("properties", {}).items()
                    if (name in needed and chance.random() > self._wild / 2) or chance.random() < 0.4
                }
                if "additionalProperties" in schema or chance.random() < self._wild:
                    made[self.word()] = self.value({}, depth + 1)
                return made
            case "array":
                return [self.value(schema.get("items", {}), depth + 1) for _ in range(chance.randrange(4))]
            case "integer":
                return chance.choice((0, 1, 60, 1767225600, 2**53))
            case "boolean":
                return chance.random() < 0.5
            case "string":
                return self.word()
            case "null":
                return None
        return (
            chance.choice(ODD)
            if depth > 3
            else self.value({"type": chance.choice(("string", "array", "object"))}, depth + 1)
        )

    def _part(self, match):
        # Nobody but the user gets any further.
        word = "alice" if match[1] == "user" and self._chance.random() < 0.8 else self.word()
        return quote(word.encode(errors="replace"))

    def request(self):
        """Method, path, media type and body of one request."""
        method, path, operation = self._chance.choice(self.all)
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
