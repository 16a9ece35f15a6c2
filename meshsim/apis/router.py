"""One dispatcher for all sites: which face answers a request."""

from meshsim.apis import directory, ocm, pages, shared, user
from meshsim.site.site import Site
from meshsim.wire import Request, Response

FACES = (ocm.handle, shared.handle, directory.handle, user.handle, pages.handle)


async def handle(site: Site, request: Request) -> Response:
    """What the site answers."""
    path = request.target.path
    for face in FACES:
        response = await face(site, request, path)
        if response is not None:
            return response
    return ocm.answer(404, {"message": "nothing is served here"})
