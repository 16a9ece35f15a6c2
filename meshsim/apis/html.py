"""Pages as text: templates that escape whatever they are given, and the headers that go with them."""

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from meshsim.site.site import Site
from meshsim.wire import Response

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
"""Files that pages refer to, and their types."""

SECURITY = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    # An invite token stands in the URL of some pages, and must not follow the reader elsewhere.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

DOWNLOAD = {
    "content-disposition": "attachment",
    # Whatever somebody put into a file: it runs nowhere, least of all in the name of this site.
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
"""Headers of everything that was uploaded."""


def policy(site: Site, *, leads_away: bool = False) -> str:
    """The Content-Security-Policy of a page; `leads_away` if one of its forms ends at another site."""
    # Chromium holds form-action against redirects too.
    away = f" {site.profile.scheme}:" if leads_away else ""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{away}"
    )


@lru_cache(1)
def environment() -> "Environment":
    """The templates; loaded with the first page, since most sites of a big mesh show none."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"day": day, "size": size}
    made.globals |= {"asset": asset}
    return made


def page(
    site: Site,
    template: str,
    title: str,
    *,
    status: int = 200,
    cookie: str = "",
    leads_away: bool = False,
    **values: object,
) -> Response:
    """A whole page, made from a template of that name."""
    text = (
        environment()
        .get_template(f"{template}.html")
        .render(site=site, provider=site.profile.provider, title=title, **values)
    )
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": policy(site, leads_away=leads_away),
        **SECURITY,
    }
    if cookie:
        headers["set-cookie"] = cookie
    return Response(status, headers, text.encode(errors="replace"))


def redirect(where: str, cookie: str = "") -> Response:
    """See another page; a POST becomes a GET."""
    headers = {"location": where, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    return Response(303, {**headers, "set-cookie": cookie} if cookie else headers)


def asset(name: str) -> str:
    """The path of a file that pages refer to; it changes with the content."""
    return f"/assets/{sha256(_content(name)).hexdigest()[:12]}/{name}"


def serve_asset(site: Site, path: str) -> Response | None:
    """Such a file, or None if the path names none. Its colour is the site's, so that two are told apart."""
    name = path.rpartition("/")[2]
    if name not in ASSETS or path != asset(name):
        return None
    hue = sha256(site.host.encode()).digest()[0] * 360 // 256
    headers = {
        "content-type": ASSETS[name],
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
    }
    return Response(200, headers, _content(name).replace(b"--hue: 187", b"--hue: %d" % hue))


@lru_cache(len(ASSETS))
def _content(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


def day(seconds: float) -> str:
    """Seconds since the Unix epoch as a date and minute that everybody reads alike."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def size(count: int) -> str:
    """Bytes as people say them."""
    if count < 1000:
        return f"{count} B"
    amount = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 999.95 or unit == "TB":
            break
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"
