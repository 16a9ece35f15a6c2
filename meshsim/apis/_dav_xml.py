"""XML that clients send and that is sent back: no entities, no DTD, nothing unbounded."""

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from meshsim.apis._dav_view import Refusal

BODY_LIMIT = 1 << 20
"""Bytes of XML a request may carry."""
NAME_LIMIT = 256
"""Properties one PROPFIND may name; each of them is answered for each member of a folder."""

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
"""How every document that is sent begins."""

_CACHED = 2048


class Query(NamedTuple):
    """What a PROPFIND asks for: "allprop", "propname" or "prop" with names in Clark notation."""

    kind: str
    names: tuple[str, ...] = ()

    def document(self, propname: str = "propname") -> bytes:
        """The query as a request body; `propname` is the element that asks for names alone."""
        content = {"allprop": "<D:allprop/>", "propname": f"<D:{propname}/>"}.get(self.kind)
        if content is None:
            content = f"<D:prop>{''.join(empty(name) for name in self.names)}</D:prop>"
        return f'<D:propfind xmlns:D="DAV:">{content}</D:propfind>'.encode()


def parse(body: bytes) -> Any:
    """The root element of a document, without comments; Refusal(400) for what is not plain XML."""
    # lxml is loaded when the first document comes: a mesh that only GETs never pays for it.
    from lxml import etree  # type: ignore[import-untyped]

    try:
        text = body.decode("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(400) from error
    # No other encoding may hide it, because the text is decoded here and parsed as UTF-8 below.
    if "<!DOCTYPE" in text:
        raise Refusal(400)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refusal(400) from error


def query(body: bytes) -> Query:
    """What the body of a PROPFIND asks for; none is "allprop" (RFC 4918, 9.1)."""
    return _remembered(body) if len(body) <= _CACHED else _query(body)


def empty(name: str) -> str:
    """An element without content, by its name in Clark notation."""
    namespace, _, local = name.rpartition("}")
    if namespace == "{DAV:":
        return f"<D:{local}/>"
    return f'<n:{local} xmlns:n="{escape(namespace[1:])}"/>' if namespace else f"<{local}/>"


def error(condition: str, hrefs: Iterable[str]) -> bytes:
    """The body of an answer that names a failed precondition (RFC 4918, 16)."""
    inner = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
    return f'{DECLARATION}<D:error xmlns:D="DAV:"><D:{condition}>{inner}</D:{condition}></D:error>'.encode()


def _query(body: bytes) -> Query:
    if not body:
        return Query("allprop")
    root = parse(body)
    if root.tag != "{DAV:}propfind":
        raise Refusal(400)
    kinds = [child for child in root if child.tag in ("{DAV:}allprop", "{DAV:}propname", "{DAV:}prop")]
    if len(kinds) != 1:
        raise Refusal(400)
    names = tuple(dict.fromkeys(str(child.tag) for child in kinds[0]))
    if len(names) > NAME_LIMIT:
        raise Refusal(400)
    kind = str(kinds[0].tag).removeprefix("{DAV:}")
    return Query(kind, names) if kind == "prop" else Query(kind)


_remembered = lru_cache(256)(_query)
