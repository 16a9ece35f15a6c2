"""WebDAV of the sending site: from URL and credential to the resource that was shared."""

from collections.abc import Awaitable
from functools import partial

from meshsim.apis import html
from meshsim.apis.webdav import LockTable, View, credentials, serve
from meshsim.ocm.errors import Unauthenticated
from meshsim.site.granting import Access
from meshsim.site.site import Site
from meshsim.wire import Request, Response

CHALLENGE = {"www-authenticate": 'Bearer realm="ocm", Basic realm="ocm"'}


def handle(site: Site, request: Request, path: str) -> Awaitable[Response] | None:
    """The answer of the shared resources, or None if the path is none of theirs."""
    root = site.profile.dialect.dav_path
    if path.startswith(root) and path[len(root) :][:1] in ("", "/"):
        return _serve(site, request, path)
    return None


async def _serve(site: Site, request: Request, path: str) -> Response:
    if not site.profile.enabled:
        return Response(501)
    try:
        access, mount = _open(site, request, path)
    except Unauthenticated as error:
        told = site.profile.dialect.refuses("webdav", error)
        return Response(told.status, CHALLENGE if told.status == 401 else {})
    view = View(
        storage=site.ports.storage,
        root=access.root,
        mount=mount,
        permissions=access.permissions,
        now=site.now,
        token=partial(site.ports.entropy.token, "lock"),
        locks=site.kept(LockTable),
        owner=access.principal,
        aside=site.ports.aside,
    )
    response = await serve(view, request)
    if request.method not in ("GET", "HEAD"):
        return response
    # Who may write here could else make a browser run a page in the name of this site.
    return Response(response.status, {**response.headers, **html.DOWNLOAD}, response.body)


def _open(site: Site, request: Request, path: str) -> tuple[Access, str]:
    # Prefix "/", then "/" again, then the id: that is what the draft makes of a prefix that ends in one, and
    # ours does (wire.md section 8, 4).
    root = site.profile.dialect.dav_path
    rest = path[len(root) :].lstrip("/")
    share = rest.partition("/")[0]
    mount = path[: len(path) - len(rest)] + share
    field = request.headers.get("authorization", "")
    if field.startswith("Bearer ") and field[7:] in site.granting.issued:
        # A token that we gave out ourselves needs not be looked at letter by letter.
        return site.granting.bearer(share, field[7:]), mount
    match credentials(request.headers):
        case ("bearer", token):
            return site.granting.bearer(share, token), mount
        case ("basic", secret, _):
            # Legacy: the secret selects the share, and its id need not be in the path (wire.md section 5, 4).
            access = site.granting.basic(secret)
            return access, mount if share == access.share else root
    raise Unauthenticated("no credential")
