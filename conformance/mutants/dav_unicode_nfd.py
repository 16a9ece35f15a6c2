"""Names are composed when they are written, and looked for as they come."""

import unicodedata
from urllib.parse import quote, unquote

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "webdav"
BREAKS = ("OCM-HTTP-005", "OCM-SHARE-070")
SEEN = ("FB-108",)


def build() -> Departure:
    """NFC on one way alone."""

    def change(request):
        if request.url.isascii() and "%CC" not in request.url:
            return None
        url = quote(unicodedata.normalize("NFC", unquote(request.url)), safe=":/?&=%[]@")
        return Request(request.method, url, request.headers, request.body, request.remote)

    return receives("/dav/ocm/", change, "PUT")
