"""Who uses a site's pages and user API: sessions by cookie, or a password with each request."""

from hmac import compare_digest
from urllib.parse import parse_qsl

import msgspec

from meshsim.apis.webdav import credentials
from meshsim.ocm.errors import Forbidden, OcmError
from meshsim.site.site import Site
from meshsim.wire import BodyTooLarge, Request, read

COOKIE = "meshsim_session"
LIFETIME = 12 * 3600.0
"""Seconds of a session."""

MAX_FORM = 64 * 1024
MOST_SESSIONS = 10_000


class Session(msgspec.Struct, frozen=True):
    """Somebody who signed in. `csrf` proves that a form came from one of our own pages."""

    user: str
    expires: float
    csrf: str


class Sessions:
    """The sessions of a site; they end with its memory."""

    __slots__ = ("by_token",)

    def __init__(self) -> None:
        self.by_token: dict[str, Session] = {}


def sign_in(site: Site, user: str, password: str) -> str | None:
    """The value of the cookie, or None if that is not the user's password."""
    if not site.ports.users.authenticate(user, password):
        return None
    sessions = site.kept(Sessions).by_token
    if len(sessions) >= MOST_SESSIONS:
        del sessions[next(iter(sessions))]
    token = site.ports.entropy.token("session")
    sessions[token] = Session(user, site.now() + LIFETIME, site.ports.entropy.token("csrf"))
    return token


def sign_out(site: Site, request: Request) -> None:
    """End the request's session, if it has one."""
    site.kept(Sessions).by_token.pop(_token(request), None)


def session(site: Site, request: Request) -> Session | None:
    """The session of a request."""
    found = site.kept(Sessions).by_token.get(_token(request))
    return found if found is not None and site.now() < found.expires else None


def cookie(site: Site, token: str) -> str:
    """The Set-Cookie field of a session; an empty token ends it."""
    secure = "; Secure" if site.profile.scheme == "https" else ""
    age = "" if token else "; Max-Age=0"
    return f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"


def by_password(site: Site, request: Request) -> str | None:
    """The user whose name and password a request carries (Basic), or None."""
    match credentials(request.headers):
        case ("basic", user, password) if site.ports.users.authenticate(user, password):
            return user
    return None


async def form(request: Request) -> dict[str, str]:
    """The fields of a posted form; OcmError if they cannot be read."""
    try:
        body = await read(request.body, MAX_FORM)
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100, errors="strict")
    except BodyTooLarge as error:
        raise OcmError(str(error), status=413) from error
    except ValueError as error:
        raise OcmError("the form cannot be read") from error
    return dict(pairs)


def check_csrf(current: Session, fields: dict[str, str]) -> None:
    """Forbidden unless the form was made for this session."""
    if not compare_digest(fields.get("csrf", "").encode(errors="replace"), current.csrf.encode()):
        raise Forbidden("this form is not from your session; open the page again")


def local_path(path: str) -> str:
    """`path` if it leads to this site, else the front page: nobody is sent elsewhere by a link."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe and "\\" not in path else "/"


def _token(request: Request) -> str:
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            return value
    return ""
