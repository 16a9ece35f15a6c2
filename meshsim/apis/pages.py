"""Pages for people: which one an address names, who may see it, and what is said when it does not work.

They need no script. Nothing is decided here: services are asked and their refusals shown.
"""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote, unquote

from meshsim.apis import _pages_door as door
from meshsim.apis import _pages_files as files
from meshsim.apis import _pages_people as people
from meshsim.apis import _pages_shares as shares
from meshsim.apis import html, signin
from meshsim.apis._visit import Visit
from meshsim.ocm.errors import LocalError, OcmError
from meshsim.site.site import DIALOG_PATH, WAYF_PATH, Site
from meshsim.wire import Request, Response

Page = Callable[[Visit], Awaitable[Response]]

NEXT = {
    403: "Go back, open the page again, and repeat what you did.",
    404: "Go back to your files, or ask whoever gave you the address.",
    409: "Look at how things stand now before you try again.",
    413: "Use a WebDAV program such as rclone for it; “Apps and devices” says how.",
    429: "Wait that long, then try again.",
    502: "The other server is away or says no. Nothing here was lost; try again later.",
    503: "It is not certain how this ended. Try again in a moment.",
}
"""What to do next, where the reason alone does not say."""


async def handle(site: Site, request: Request, path: str) -> Response | None:
    """The answer of the pages, or None if the path is none of theirs."""
    if path.startswith("/assets/"):
        return html.serve_asset(site, path)
    found = _find(path)
    if found is None:
        return _nowhere(site, request)
    methods, open_to_all, page, parts = found
    if request.method not in methods.split(", "):
        return Response(405, {"allow": methods})
    visit = Visit(site, request, signin.session(site, request), parts)
    if visit.session is None and not open_to_all:
        back = f"?next={quote(path, safe='')}" if request.method == "GET" and path != "/" else ""
        return html.redirect("/signin" + back)
    try:
        response = await page(visit)
    except OcmError as error:
        response = _wrong(visit, error)
    return response if request.method != "HEAD" else Response(response.status, response.headers)


def _find(path: str) -> tuple[str, bool, Page, dict[str, str]] | None:
    for methods, open_to_all, pattern, page in ROUTES:
        match = pattern.fullmatch(path)
        if match is not None:
            try:
                parts = {name: unquote(text, errors="strict") for name, text in match.groupdict("").items()}
            except UnicodeDecodeError:
                return None
            return methods, open_to_all, page, parts
    return None


def _nowhere(site: Site, request: Request) -> Response | None:
    """A page for people who lost their way; programs are told elsewhere."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return None
    visit = Visit(site, request, signin.session(site, request), {})
    return _wrong(visit, LocalError("there is no such page here", status=404))


def _wrong(visit: Visit, error: OcmError) -> Response:
    response = visit.page(
        "wrong",
        "That did not work",
        status=error.status,
        reason=error.message,
        problems=error.problems,
        hint=NEXT.get(error.status, "Go back, change it, and try again."),
    )
    if error.retry_after is None:
        return response
    return Response(
        response.status, {**response.headers, "retry-after": str(error.retry_after)}, response.body
    )


SEE, SEND, BOTH = "GET, HEAD", "POST", "GET, HEAD, POST"

OWN = "(?:/(?P<path>.*))?"
RECEIVED = "/received/(?P<key>[^/]+)"

ROUTES: tuple[tuple[str, bool, re.Pattern[str], Page], ...] = tuple(
    (methods, open_to_all, re.compile(pattern, re.DOTALL), page)
    for methods, open_to_all, pattern, page in (
        (SEE, False, "/", door.front),
        (BOTH, True, "/signin", door.sign_in),
        (SEND, True, "/signout", door.sign_out),
        (BOTH, True, WAYF_PATH, door.wayf),
        (BOTH, True, DIALOG_PATH, door.accept_invite),
        *(
            (methods, False, f"{start}/{name}{OWN}", page)
            for start in ("", RECEIVED)
            for methods, name, page in (
                (SEE, "files", files.browse),
                (SEE, "download", files.download),
                (SEND, "upload", files.upload),
                (SEND, "new-folder", files.new_folder),
                (BOTH, "delete", files.delete),
            )
        ),
        (BOTH, False, "/share/(?P<path>.+)", shares.share),
        (SEE, False, "/given", shares.given),
        (SEND, False, "/given/change", shares.change),
        (SEND, False, "/given/unshare", shares.unshare),
        (SEND, False, "/given/answer", shares.decide),
        (SEE, False, "/received", shares.incoming),
        (SEND, False, "/received/accept", shares.accept),
        (SEND, False, "/received/decline", shares.decline),
        (SEE, False, "/contacts", people.contacts),
        (SEND, False, "/contacts/invite", people.invite),
        (SEND, False, "/contacts/take", people.take),
        (SEND, False, "/contacts/remove", people.remove),
        (SEE, False, "/access", people.access),
        (SEND, False, "/access/create", people.create_password),
        (SEND, False, "/access/revoke", people.revoke_password),
    )
)
"""Methods, whether somebody who has not signed in may see it, the path, and the page."""
