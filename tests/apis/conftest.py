"""A site's files and the views of them that WebDAV tests look through."""

import asyncio
from itertools import count
from xml.etree import ElementTree

import pytest

from meshsim import plugins
from meshsim.apis.webdav import LockTable, View, serve
from meshsim.wire import Request, read

FILES = {
    "papers/thesis.txt": b"0123456789",
    "papers/deep/er/note.md": b"note",
    "papers/big.bin": b"\x00\xff" * 40_000,
    "papers/empty/": b"",
    "secret.txt": b"CANARY",
    "papers2/secret.txt": b"CANARY",
}
HOST = "https://alpha.example.org"


LOCK = (
    b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
)
SET = (
    b'<D:propertyupdate xmlns:D="DAV:" xmlns:x="urn:x"><D:set><D:prop><x:color>red</x:color></D:prop></D:set>'
    b"</D:propertyupdate>"
)
BODIES = {"PUT": b"new", "LOCK": LOCK, "PROPPATCH": SET}


class Answer:
    """A response whose body is read."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = asyncio.run(read(response.body))

    def properties(self):
        """What a multistatus says: (href, property, status) to the text or the elements in it."""
        found = {}
        for response in ElementTree.fromstring(self.body).iter("{DAV:}response"):
            href = response.findtext("{DAV:}href")
            for part in response.iter("{DAV:}propstat"):
                status = int(part.findtext("{DAV:}status").split()[1])
                for element in part.find("{DAV:}prop"):
                    text = element.text or "".join(child.tag for child in element)
                    found[href, element.tag, status] = text
        return found

    def hrefs(self):
        """The resources in a multistatus."""
        return [element.text for element in ElementTree.fromstring(self.body).iterfind("*/{DAV:}href")]


class Dav:
    """A site with Alice's home, a clock, and one view of it to speak to at a time."""

    bodies = BODIES

    def __init__(self, storage):
        self.time = 1_000_000_000.0
        self.storage = storage(lambda: self.time, lambda home: FILES if home == "alice" else None)
        self.locks = LockTable()
        self.numbers = count(1)
        self.view = self.see()

    def see(self, root="/alice/papers", mount="/dav/ocm/1", permissions=("read", "write"), owner="bob"):
        """A view; the first is of a folder that Bob may read and write."""
        return View(
            self.storage,
            root,
            mount,
            frozenset(permissions),
            lambda: self.time,
            lambda: f"token-{next(self.numbers)}",
            self.locks,
            owner,
        )

    def __call__(self, method, path="", headers=None, body=b"", view=None):
        """The answer to a request; `path` is what follows the mount."""
        view = view or self.view
        request = Request(method, HOST + view.mount + path, headers or {}, body)
        return Answer(asyncio.run(serve(view, request)))

    def ask(self, method, path, view=None, **headers):
        """The answer to a request with all that its method needs to succeed."""
        if method in ("COPY", "MOVE"):
            headers.setdefault("destination", (view or self.view).mount + "/copied")
        return self(method, path, headers, BODIES.get(method, b""), view)

    def content(self, path):
        """A file of the storage, whoever may see it."""
        return asyncio.run(read(self.storage.read(path)))

    def tree(self, path="/alice"):
        """All that is below a folder, with content."""
        found, pending = {}, [path]
        while pending:
            for entry in self.storage.list(pending.pop()):
                if entry.folder:
                    pending.append(entry.path)
                found[entry.path] = None if entry.folder else self.content(entry.path)
        return found


@pytest.fixture
def new_dav():
    """Makes sites in memory."""
    build = plugins.load("storage", "memory")
    return lambda: Dav(lambda now, populate: build(now, populate=populate))


@pytest.fixture(params=plugins.names("storage"))
def dav(request, tmp_path):
    """A site on each kind of storage."""
    build = plugins.load("storage", request.param)
    return Dav(lambda now, populate: build(now, tmp_path / "root", populate))
