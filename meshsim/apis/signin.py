"""Who uses a site's pages and user API: sessions by cookie, or a password with each request.

A form proves that it came from one of our own pages: by the secret of the session, or, before there
is one, by a secret that only the visitor's own cookie repeats.
"""

from hmac import compare_digest
from urllib.parse import parse_qsl

import msgspec

from meshsim.apis.webdav import credentials
from meshsim.ocm.errors import Forbidden, OcmError
from meshsim.site.site import Site
from meshsim.tokens import BadToken
from meshsim.wire import BodyTooLarge, Request, read

LIFETIME = 12 * 3600.0
"""Seconds of a session."""

MAX_FORM = 64 * 1024
MOST_SESSIONS = 10_000
MOST_NOTES = 5

WINDOW = 900.0
"""Seconds in which failed attempts are counted."""
FAILURES = {"user and caller": 10, "caller": 100, "user": 200}
"""Failed attempts in that time, after which no password is tried any more."""
MOST_COUNTED = 10_000


class Note(msgspec.Struct, frozen=True):
    """A sentence for the next page; `secret` is shown on that page alone."""

    text: str
    wrong: bool = False
    secret: str = ""


class Session(msgspec.Struct, frozen=True):
    """Somebody who signed in. `csrf` proves that a form came from one of our own pages."""

    user: str
    expires: float
    csrf: str
    notes: list[Note]


class Sessions:
    """The sessions of a site; they end with its memory."""

    __slots__ = ("by_token",)

    def __init__(self) -> None:
        self.by_token: dict[str, Session] = {}


class Attempts:
    """Failed attempts of late: how many, and until when they count."""

    __slots__ = ("failed",)

    def __init__(self) -> None:
        self.failed: dict[tuple[str, str, str], tuple[int, float]] = {}


def sign_in(site: Site, request: Request, user: str, password: str) -> str | None:
    """The value of the cookie, or None if that is not the user's password; OcmError after too many tries."""
    if not _authenticate(site, request, user, password):
        return None
    sessions = site.kept(Sessions).by_token
    if len(sessions) >= MOST_SESSIONS:
        del sessions[next(iter(sessions))]
    # Made here and now, whatever the browser brought: a session that somebody else knows is not continued.
    sessions.pop(_cookie(request, session_cookie(site)), None)
    token = site.ports.entropy.token("session")
    sessions[token] = Session(user, site.now() + LIFETIME, site.ports.entropy.token("csrf"), [])
    return token


def _authenticate(site: Site, request: Request, user: str, password: str) -> bool:
    """Whether that is the user's password; OcmError(429) when too many others were tried."""
    kinds = {
        ("user and caller", user, request.remote): FAILURES["user and caller"],
        ("caller", "", request.remote): FAILURES["caller"],
        ("user", user, ""): FAILURES["user"],
    }
    now, failed = site.now(), site.kept(Attempts).failed
    for key, most in kinds.items():
        count, until = failed.get(key, (0, 0.0))
        if count >= most and now < until:
            wait = int(until - now) + 1
            minutes = -(-wait // 60)
            raise OcmError(
                f"too many failed attempts; try again in {minutes} minute{'s' * (minutes > 1)}",
                status=429,
                retry_after=wait,
            )
    if site.ports.users.authenticate(user, password):
        failed.pop(next(iter(kinds)), None)
        return True
    for key in kinds:
        count, until = failed.pop(key, (0, 0.0))
        failed[key] = (count + 1, until) if now < until else (1, now + WINDOW)
    while len(failed) > MOST_COUNTED:
        del failed[next(iter(failed))]
    return False


def sign_out(site: Site, request: Request) -> None:
    """End the request's session, if it has one."""
    site.kept(Sessions).by_token.pop(_cookie(request, session_cookie(site)), None)


def session(site: Site, request: Request) -> Session | None:
    """The session of a request."""
    found = site.kept(Sessions).by_token.get(_cookie(request, session_cookie(site)))
    return found if found is not None and site.now() < found.expires else None


def session_cookie(site: Site) -> str:
    """The name of a session's cookie."""
    return _name(site, "session")


def cookie(site: Site, token: str) -> str:
    """The Set-Cookie field of a session; an empty token ends it."""
    return _set(site, session_cookie(site), token)


def proof(site: Site, request: Request) -> tuple[str, str]:
    """What the forms of a page carry, and the Set-Cookie field that must go with them ("" for none)."""
    current = session(site, request)
    if current is not None:
        return current.csrf, ""
    name = _name(site, "form")
    given = _cookie(request, name)
    if given and given.isascii() and given.isprintable():
        return given, ""
    made = site.ports.entropy.token("form")
    return made, _set(site, name, made)


def check_form(site: Site, request: Request, given: str) -> None:
    """Forbidden unless a form was made for this session or, before there is one, for this visitor."""
    current = session(site, request)
    right = _cookie(request, _name(site, "form")) if current is None else current.csrf
    if not right or not compare_digest(given.encode(errors="replace"), right.encode(errors="replace")):
        raise Forbidden("this form is not from your session; open the page again and repeat what you did")


def by_password(site: Site, request: Request) -> str | None:
    """The user whose password or app password a request carries (Basic, or the latter as Bearer), or None.

    OcmError(429) when too many wrong passwords were tried. App passwords cannot be guessed, so they
    are not held up by that.
    """
    match credentials(request.headers):
        case ("bearer", password):
            return site.passwords.owner(password)
        case ("basic", user, password):
            if site.passwords.owner(password) == user or _authenticate(site, request, user, password):
                return user
    return None


def by_share_secret(site: Site, request: Request) -> str | None:
    """The owner whose session a share was given with, where sites do that (X-Access-Token), or None."""
    token = request.headers.get("x-access-token")
    if token is None or not site.profile.session_secrets:
        return None
    try:
        grant = site.granting.secrets.read(token, site.now())
    except BadToken:
        return None
    return grant.namespace.partition("/")[2] or None


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


def local_path(path: str) -> str:
    """`path` if it leads to this site, else the front page: nobody is sent elsewhere by a link."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe and "\\" not in path else "/"


def _name(site: Site, kind: str) -> str:
    # Cookies do not tell ports apart, and two sites of one mesh may be on one host.
    port = site.host.rpartition(":")[2] if ":" in site.host else ""
    name = f"meshsim-{kind}-{port}" if port.isdigit() else f"meshsim-{kind}"
    # "__Host-": no other host, however related, can have set it.
    return f"__Host-{name}" if site.profile.scheme == "https" else name


def _set(site: Site, name: str, value: str) -> str:
    secure = "; Secure" if site.profile.scheme == "https" else ""
    age = "" if value else "; Max-Age=0"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"


def _cookie(request: Request, wanted: str) -> str:
    for part in request.headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value
    return ""
