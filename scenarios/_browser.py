"""A browser as simple as a person's habits need it: pages, forms, redirects and cookies."""

import re
from html import unescape
from urllib.parse import urlencode

from meshsim.composition import Composition
from meshsim.ocm.errors import OcmError
from meshsim.wire import NetworkError, Request, Response, split

MOST_REDIRECTS = 10


class Browser:
    """Somebody's browser on the virtual network; it stays on the page it was last shown."""

    def __init__(self, mesh: Composition, host: str) -> None:
        self._port = mesh.port(host)
        self._cookies: dict[str, dict[str, str]] = {}
        self.base = ""
        self.page = ""

    async def get(self, url: str) -> str:
        """The page at a URL, or at a path of the present site; OcmError for what is no page."""
        return await self._follow("GET", url, b"", {})

    async def post(self, url: str, fields: dict[str, str]) -> str:
        """The page after a form was sent."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self._follow("POST", url, urlencode(fields).encode(), headers)

    def hidden(self, name: str) -> str:
        """The value of a hidden field of the present page; "" if it has none."""
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', self.page)
        return unescape(found[1]) if found else ""

    async def _follow(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> str:
        for _ in range(MOST_REDIRECTS):
            if url.startswith("/"):
                url = self.base + url
            response = await self._send(method, url, body, headers)
            target = split(url)
            self.base = f"{target.scheme}://{target.authority}"
            if response.status not in (301, 302, 303, 307, 308) or "location" not in response.headers:
                break
            method, body, headers = "GET", b"", {}
            url = response.headers["location"]
        text = response.body.decode(errors="replace") if isinstance(response.body, bytes) else ""
        if response.status != 200:
            raise OcmError(f"{url.partition('?')[0]} answered {response.status}", status=response.status)
        self.page = text
        return text

    async def _send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Response:
        cookies = self._cookies.setdefault(split(url).authority, {})
        if cookies:
            headers = {**headers, "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        try:
            response = await self._port.send(Request(method, url, headers, body))
        except NetworkError as error:
            raise OcmError(error.reason, status=502) from error
        given = response.headers.get("set-cookie", "").partition(";")[0]
        name, _, value = given.partition("=")
        if name:
            cookies[name] = value
        return response
