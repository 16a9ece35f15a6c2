"""Pages of files: one's own, and those in a share that was received.

Both are WebDAV underneath: a page asks what a program would ask, and is refused where it would be.
"""

from email.utils import parsedate_to_datetime
from urllib.parse import quote

import msgspec

from meshsim.apis import html, received, signin
from meshsim.apis._dav_view import Refusal, View, segments
from meshsim.apis._dav_xml import parse
from meshsim.apis._multipart import Upload
from meshsim.apis._visit import Visit
from meshsim.apis.user import own_files
from meshsim.apis.webdav import serve
from meshsim.ocm.errors import LocalError, OcmError, PeerError
from meshsim.site.records import ReceivedShare
from meshsim.wire import Body, BodyTooLarge, Request, Response, read

CONDITIONS = ("range", "if-range", "if-none-match", "if-modified-since")
"""Headers of a download that a browser may send."""

REASONS = {
    400: "that name cannot be used; choose another, without / and control characters",
    403: "you may not do that here; whoever shared this with you can change it",
    404: "that file or folder is not here any more; it may have been moved, deleted or taken back",
    405: "there is something of that name already; choose another name",
    409: "the folder it should go into is not here any more",
    412: "it was changed meanwhile; look again before you go on",
    413: "that is too large for a form; use a WebDAV program such as rclone",
    423: "somebody has it locked; try again when they are done",
    507: "there is no space left; delete something first",
}
_ASK = (
    b'<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/><D:getlastmodified/>'
    b"</D:prop></D:propfind>"
)


class Item(msgspec.Struct, frozen=True):
    """A file or folder in a list; `modified` is 0 where nothing was said."""

    name: str
    path: str
    folder: bool
    size: int
    modified: float


class Place(msgspec.Struct, frozen=True):
    """Where files are looked at: `base` is in front of the addresses of its pages."""

    visit: Visit
    base: str
    title: str
    writable: bool
    share: ReceivedShare | None
    mount: str

    async def ask(self, method: str, path: str, headers: dict[str, str], body: Body = b"") -> Response:
        """The answer to a WebDAV request, whatever it is."""
        visit = self.visit
        request = Request(method, f"{visit.site.base}{self.mount}/{quote(path)}", headers, body)
        if self.share is None:
            view: View = own_files(visit.site, visit.user, self.mount)
            return await serve(view, request)
        return await received.pass_on(visit.site, visit.user, self.share.key, request, self.mount, path)

    async def do(self, method: str, path: str, headers: dict[str, str], body: Body = b"") -> Response:
        """The same where nothing but success will do; OcmError that says what to do next."""
        response = await self.ask(method, path, headers, body)
        if response.status in (200, 201, 204, 206, 304) or (method == "PROPFIND" and response.status == 207):
            return response
        status = 423 if response.status == 207 else response.status
        if status in REASONS:
            raise LocalError(REASONS[status], status=status)
        raise PeerError(f"the server that has these files answered {status}", answered=status)

    async def items(self, path: str, depth: str) -> list[Item]:
        """What is at a path and, with depth "1", in it; itself first."""
        response = await self.do("PROPFIND", path, {"depth": depth}, _ASK)
        start = len(segments(self.mount))
        found = []
        try:
            root = parse(await read(response.body, received.ANSWER_LIMIT))
            for element in root.iterfind("{DAV:}response"):
                names = segments(element.findtext("{DAV:}href") or "")[start:]
                size = element.findtext(".//{DAV:}getcontentlength") or "0"
                found.append(
                    Item(
                        name=names[-1] if names else self.title,
                        path="/".join(names),
                        folder=element.find(".//{DAV:}collection") is not None,
                        size=int(size) if size.isdecimal() else 0,
                        modified=_moment(element.findtext(".//{DAV:}getlastmodified")),
                    )
                )
        except (Refusal, BodyTooLarge) as error:
            raise PeerError("the list of files cannot be read") from error
        found.sort(key=lambda item: (item.path != path, not item.folder, item.name.casefold(), item.name))
        return found


def _moment(date: str | None) -> float:
    try:
        return parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return 0.0


def place(visit: Visit) -> Place:
    """Where the address of a page leads; LocalError if there is no such share."""
    key = visit.parts.get("key")
    if key is None:
        return Place(visit, "", "Files", True, None, f"/dav/files/{quote(visit.user)}")
    share = visit.site.receiving.get(visit.user, key)
    base = f"/received/{quote(key, safe='')}"
    return Place(visit, base, share.name, "write" in share.permissions, share, f"{base}/files")


def _path(visit: Visit) -> str:
    path = visit.parts.get("path", "").strip("/")
    try:
        segments(quote(path))
    except Refusal as error:
        raise LocalError(REASONS[404], status=404) from error
    return path


def _folder(where: Place, path: str) -> str:
    return f"{where.base}/files/{quote(path)}"


async def browse(visit: Visit) -> Response:
    """What is in a folder."""
    where, path = place(visit), _path(visit)
    itself, *items = await where.items(path, "1") or [Item(where.title, path, True, 0, 0.0)]
    if not itself.folder:
        return visit.page("file", itself.name, where=where, item=itself, crumbs=_crumbs(where, path))
    return visit.page(
        "files",
        itself.name if path else where.title,
        where=where,
        path=path,
        items=items,
        crumbs=_crumbs(where, path),
    )


def _crumbs(where: Place, path: str) -> list[tuple[str, str]]:
    """The folders above, as name and address."""
    names = path.split("/") if path else []
    found = [(name, _folder(where, "/".join(names[: count + 1]))) for count, name in enumerate(names)]
    first = [("Files", "/files/")] if where.share is None else [("Shared with me", "/received")]
    return first + ([(where.title, _folder(where, ""))] if where.share is not None else []) + found


async def download(visit: Visit) -> Response:
    """A file, which no browser runs."""
    where, path = place(visit), _path(visit)
    given = visit.request.headers
    headers = {name: given[name] for name in CONDITIONS if name in given}
    response = await where.ask(visit.request.method, path, headers)
    if response.status not in (200, 206, 304, 416):
        raise LocalError(REASONS[404] if response.status in (404, 405) else "it cannot be read", status=404)
    name = path.rpartition("/")[2] or where.title
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "._- " else "_" for c in name)
    named = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
    return Response(
        response.status,
        {
            **response.headers,
            **html.DOWNLOAD,
            "content-disposition": named,
            "cache-control": "private, no-cache",
        },
        response.body,
    )


async def upload(visit: Visit) -> Response:
    """Take a file from a form into a folder; one of the same name is only replaced if that was chosen."""
    where, path = place(visit), _path(visit)
    form = Upload(visit.request)
    await form.start()
    signin.check_form(visit.site, visit.request, form.fields.get("csrf", ""))
    if not form.name:
        raise LocalError("no file was chosen; choose one, then upload it")
    _check_name(form.name)
    headers = {} if form.fields.get("replace") else {"if-none-match": "*"}
    try:
        response = await where.do("PUT", f"{path}/{form.name}".strip("/"), headers, form.content())
    except OcmError as error:
        if error.status != 412:
            raise
        told = f"{form.name} is here already; tick “Replace” to put the new one in its place"
        raise LocalError(told, status=409) from error
    word = "uploaded" if response.status == 201 else "replaced"
    return visit.onward(_folder(where, path), f"{form.name} was {word}.")


async def new_folder(visit: Visit) -> Response:
    """Make a folder."""
    where, path = place(visit), _path(visit)
    name = (await visit.form()).get("name", "").strip()
    if not name:
        raise LocalError("the folder needs a name")
    _check_name(name)
    await where.do("MKCOL", f"{path}/{name}".strip("/"), {})
    return visit.onward(_folder(where, path), f"The folder {name} was made.")


def _check_name(name: str) -> None:
    try:
        good = len(segments(quote(name))) == 1 and "/" not in name
    except Refusal:
        good = False
    if not good:
        raise LocalError(REASONS[400])


async def delete(visit: Visit) -> Response:
    """Ask whether to delete a file or folder, and do it."""
    where, path = place(visit), _path(visit)
    above = path.rpartition("/")[0]
    if visit.request.method != "POST":
        item, *_ = await where.items(path, "0")
        return visit.page(
            "delete", f"Delete {item.name}?", where=where, item=item, back=_folder(where, above)
        )
    await visit.form()
    await where.do("DELETE", path, {})
    return visit.onward(_folder(where, above), f"{path.rpartition('/')[2]} was deleted.")
