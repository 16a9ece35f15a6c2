"""What a site serves, as an OpenAPI description: made from the routes and types that answer.

Paths that hold others (files, pages below a folder) end in a parameter that may contain slashes. The methods
of WebDAV stand under `additionalOperations`, which OpenAPI has since 3.2.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from meshsim import __version__
from meshsim.apis import directory, ocm, pages, user, webdav
from meshsim.apis.ocm import JSON, answer
from meshsim.ocm.directory import Server
from meshsim.ocm.invite import Acceptance
from meshsim.ocm.notification import Notification
from meshsim.ocm.share import ShareCreation
from meshsim.ocm.token import FORM
from meshsim.site.site import JWKS_PATH, Site
from meshsim.wire import Request, Response

PATH = "/openapi.json"

BODIES: Mapping[Any, type[Any]] = {
    ocm.shares: ShareCreation,
    ocm.notifications: Notification,
    ocm.invite_accepted: Acceptance,
}
"""What the OCM API reads, in the words of the newest draft; each accent hears its own form, too."""

TOKEN_FIELDS = ("grant_type", "client_id", "code")
PLAIN = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Methods that have a place of their own in OpenAPI."""

_REF = "#/components/schemas/{name}"
_PART = re.compile(r"\(\?P<(\w+)>[^)]*\)")

Operation = tuple[str, str, dict[str, Any]]


async def handle(site: Site, request: Request, path: str) -> Response | None:
    """The description, or None if it was not asked for."""
    if path != PATH:
        return None
    if request.method not in ("GET", "HEAD"):
        return answer(405, {"message": f"{PATH} takes GET"}, {**JSON, "allow": "GET, HEAD"})
    found = answer(200, describe(site))
    return found if request.method == "GET" else Response(found.status, found.headers)


def describe(site: Site) -> dict[str, Any]:
    """The description of one site: accents serve different paths."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path, operation in _operations(site):
        item = paths.setdefault(path, {})
        for name in re.findall(r"{(\w+)}", path):
            parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            if parameter not in item.setdefault("parameters", []):
                item["parameters"].append(parameter)
        if method.lower() in PLAIN:
            item[method.lower()] = operation
        else:
            item.setdefault("additionalOperations", {})[method] = operation
    return {
        "openapi": "3.2.0",
        "info": {"title": f"meshsim at {site.host}", "version": __version__},
        "servers": [{"url": site.base}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operations(site: Site) -> Iterator[Operation]:
    dialect = site.profile.dialect
    for path in dict.fromkeys((*dialect.discovery_served, JWKS_PATH, *dialect.keys_served)):
        yield "GET", path, _operation("discovery and keys")
    for path, handler in ocm.POSTS.items():
        kind = BODIES.get(handler)
        body = _form() if kind is None else _json(kind)
        yield "POST", path, {**_operation("ocm"), "requestBody": body}
    for path, method in directory.METHODS.items():
        body = {"requestBody": _json(Server)} if method == "POST" else {}
        yield method, path, {**_operation("directory"), **body}
    yield "GET", PATH, _operation("description")
    for method, pattern, act in user.ROUTES:
        path = user.API + _template(pattern)
        taken = {"requestBody": _json(act.kind)} if isinstance(act, user.Taking) else {}
        for name in webdav.METHODS if method == "*" else (method,):
            yield name, path, {**_operation("people"), **_SIGNED_IN, **taken}
    for root in (f"{user.FILES}/{{user}}", f"{user.SHARES}/{{user}}", dialect.dav_path):
        for method in webdav.METHODS:
            yield method, f"{root}/{{path}}", {**_operation("files"), **_SIGNED_IN}
    for methods, _, pattern, _ in pages.ROUTES:
        for method in methods.split(", "):
            yield method, _template(pattern), _operation("pages")


_SIGNED_IN: dict[str, Any] = {"security": [{"basic": []}, {"bearer": []}]}


def _operation(tag: str) -> dict[str, Any]:
    return {"tags": [tag], "responses": {"default": {"description": "see docs/bad-input.md for refusals"}}}


def _json(kind: type[Any]) -> dict[str, Any]:
    return _body("application/json", {"$ref": _REF.format(name=kind.__name__)})


def _form() -> dict[str, Any]:
    fields = {name: {"type": "string"} for name in TOKEN_FIELDS}
    return _body(FORM, {"type": "object", "properties": fields, "required": list(TOKEN_FIELDS)})


def _body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def _schemas() -> dict[str, Any]:
    taken = [act.kind for _, _, act in user.ROUTES if isinstance(act, user.Taking)]
    _, found = msgspec.json.schema_components(
        [*BODIES.values(), Server, *taken],
        # What an object of an unknown protocol holds is nobody's business but its own.
        schema_hook=lambda kind: {"description": "anything"},
        ref_template=_REF,
    )
    return found


def _template(pattern: re.Pattern[str]) -> str:
    """A route's pattern as a path of OpenAPI; what may be left out is there."""
    plain = _PART.sub(r"{\1}", pattern.pattern)
    return plain.replace("(?:", "").replace(")?", "").replace("/?{", "/{").replace("\\", "")
