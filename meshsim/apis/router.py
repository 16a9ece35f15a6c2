"""One dispatcher for all sites: which face answers a request."""

from collections.abc import Awaitable

from meshsim.apis import directory, ocm, openapi, pages, shared, user
from meshsim.database import DiskFull
from meshsim.site.site import Site
from meshsim.wire import Request, Response, split

PEOPLE = (directory.handle, openapi.handle, user.handle, pages.handle)


def handle(site: Site, request: Request) -> Awaitable[Response]:
    """What the site answers."""
    path = split(request.url).path
    # What servers ask each other comes first and most often: no face is begun that has no answer.
    return (
        ocm.handle(site, request, path) or shared.handle(site, request, path) or _other(site, request, path)
    )


async def _other(site: Site, request: Request, path: str) -> Response:
    try:
        for face in PEOPLE:
            response = await face(site, request, path)
            if response is not None:
                return response
    except DiskFull:
        return ocm.no_room()
    return ocm.answer(404, {"message": "nothing is served here"})
