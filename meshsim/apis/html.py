"""Pages as text: one frame, one style, and nothing in it that was not escaped."""

from collections.abc import Iterable
from html import escape

from meshsim.site.site import Site
from meshsim.wire import Response

STYLE = """
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5d6b7a;--line:#d7dee6;--paper:#f5f7f9;
--card:#fff;--go:#0b6e6e}@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa7b4;
--line:#303b47;--paper:#12181f;--card:#1a222b;--go:#3fb6b0}}*{box-sizing:border-box}body{margin:0;
background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}header{display:flex;
gap:1rem;align-items:center;justify-content:space-between;padding:1rem 1.5rem;
border-bottom:1px solid var(--line);background:var(--card)}header b{font-size:1.1rem}
header span{display:flex;gap:.8rem;align-items:center}header button{margin:0}li form+form{margin-left:.5rem}
main{
max-width:46rem;margin:2rem auto;padding:0 1rem}section{background:var(--card);
border:1px solid var(--line);border-radius:.6rem;padding:1.2rem;margin:0 0 1.2rem}h1{
font-size:1.5rem;margin:.2rem 0 1rem}h2{font-size:1.1rem;margin:0 0 .8rem}p{margin:.4rem 0 .8rem}
small,.soft{color:var(--soft)}ul{list-style:none;padding:0;margin:0}li{display:flex;flex-wrap:wrap;
gap:.6rem;align-items:center;justify-content:space-between;padding:.5rem 0;
border-top:1px solid var(--line)}li:first-child{border-top:0}li form{display:inline}label{
display:block;margin:.6rem 0 .2rem}input,select{font:inherit;width:100%;padding:.5rem;
border-radius:.4rem;border:1px solid var(--line);background:var(--paper);color:inherit}button{
font:inherit;padding:.45rem .9rem;border:0;border-radius:.4rem;background:var(--go);color:#fff;
cursor:pointer;margin-top:.6rem}li button{margin:0}button.quiet{background:transparent;
color:var(--ink);border:1px solid var(--line)}code{overflow-wrap:anywhere}.wrong{
border-color:#b3261e}
"""

SECURITY = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
    "base-uri 'none'",
    # An invite token stands in the URL of some pages, and must not follow the reader elsewhere.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def page(
    site: Site, title: str, *parts: str, status: int = 200, aside: str = "", cookie: str = ""
) -> Response:
    """A whole page; `parts` and `aside` are HTML already."""
    name = escape(site.profile.provider)
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · {name}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f'<body><header><b>{name}</b><span class="soft">{aside or escape(site.host)}</span></header>'
        f"<main><h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>"
    )
    return Response(status, SECURITY, text.encode())


def section(title: str, *parts: str) -> str:
    """A box with a heading; `parts` are HTML already."""
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"


def note(text: str, *, wrong: bool = False) -> str:
    """A box with a sentence."""
    return f'<section class="{"wrong" if wrong else "note"}"><p>{escape(text)}</p></section>'


def listed(items: Iterable[str], empty: str) -> str:
    """A list of HTML items, or a word where there are none."""
    found = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{found}</ul>" if found else f'<p class="soft">{escape(empty)}</p>'


def field(label: str, name: str, value: str = "", kind: str = "text") -> str:
    """A labelled input."""
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}">'
    )


def button(action: str, label: str, csrf: str = "", *, quiet: bool = False, **fields: str) -> str:
    """A form that is one button, with hidden fields."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in {"csrf": csrf, **fields}.items()
        if value
    )
    style = ' class="quiet"' if quiet else ""
    pressed = f"<button{style}>{escape(label)}</button>"
    return f'<form method="post" action="{escape(action)}">{hidden}{pressed}</form>'


def redirect(where: str, cookie: str = "") -> Response:
    """See another page; a POST becomes a GET."""
    headers = {"location": where, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Response(303, {**headers, "set-cookie": cookie} if cookie else headers)
