"""The directory of a federation, at the site that keeps it: read by all, written by each for itself."""

from meshsim.apis.ocm import JSON, answer, read_document, refusal
from meshsim.ocm.directory import MEDIA_TYPE, Server
from meshsim.ocm.document import convert
from meshsim.ocm.errors import OcmError
from meshsim.site.listing import DIRECTORY_PATH, REGISTER_PATH, UNREGISTER_PATH
from meshsim.site.pairing import KEYS_PATH
from meshsim.site.site import Site
from meshsim.wire import Request, Response

METHODS = {DIRECTORY_PATH: "GET", KEYS_PATH: "GET", REGISTER_PATH: "POST", UNREGISTER_PATH: "POST"}


async def handle(site: Site, request: Request, path: str) -> Response | None:
    """The answer of the directory, or None if the path is none of its."""
    method = METHODS.get(path)
    if method is None:
        return None
    if request.method != method:
        return answer(405, {"message": f"{path} takes {method}"}, {**JSON, "allow": method})
    try:
        if path == KEYS_PATH:
            return answer(200, site.pairing.handed_out(request), {**JSON, "cache-control": "no-store"})
        if method == "GET":
            return Response(200, {"content-type": MEDIA_TYPE}, site.listing.document())
        request, document = await read_document(site, request)
        leave = path == UNREGISTER_PATH
        await site.listing.admit(request, convert(document, Server), leave=leave)
    except OcmError as error:
        return refusal(error)
    return answer(200, {"message": "taken out" if leave else "taken in"})
