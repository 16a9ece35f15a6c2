"""The people of a site of ours, simulated or served, through its user API."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from lxml import etree  # type: ignore[import-untyped]

from conformance import Unsupported
from conformance.drivers import Place
from conformance.record import Refused, body
from conformance.targets import Misuse
from meshsim.wire import Request, Response


class Simulated:
    """Acts with name and password."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.base = f"{place.scheme}://{place.host}"
        self.users = tuple(place.passwords)

    def sign_in(self, user: str) -> None:
        self._api(user, "GET", "/shares/received")

    # Invites and contacts

    def invite(self, user: str) -> str:
        return str(self._api(user, "POST", "/invites", {})["inviteString"])

    def accept_invite(self, user: str, invite: str) -> str:
        found = self._api(user, "POST", "/invites/accept", {"invite": invite})
        if found["state"] != "done" or found["inviter"] is None:
            raise Refused(found["message"] or "no answer from there yet")
        return str(found["inviter"])

    def contacts(self, user: str) -> Any:
        return self._api(user, "GET", "/contacts")["contacts"]

    def remove_contact(self, user: str, address: str) -> None:
        self._api(user, "DELETE", f"/contacts/{_part(address)}")

    # Shares they give

    def share(self, user: str, path: str, to: str, options: Mapping[str, Any]) -> Any:
        document = {"path": path, "shareWith": to, "permissions": options.get("permissions", ["read"])}
        for name, member in (("share_type", "shareType"), ("expiration", "expiration")):
            if options.get(name) is not None:
                document[member] = options[name]
        return self._api(user, "POST", "/shares/sent", document)

    def unshare(self, user: str, share: str) -> None:
        self._api(user, "DELETE", f"/shares/sent/{_part(share)}")

    def change_permissions(self, user: str, share: str, permissions: list[str]) -> None:
        self._api(user, "PATCH", f"/shares/sent/{_part(share)}", {"permissions": permissions})

    def given(self, user: str) -> Any:
        return self._api(user, "GET", "/shares/sent")["shares"]

    # Shares they were given

    def inbox(self, user: str) -> Any:
        return self._api(user, "GET", "/shares/received")["shares"]

    def accept(self, user: str, key: str) -> None:
        self._api(user, "POST", f"/shares/received/{_part(key)}/accept")

    def decline(self, user: str, key: str) -> None:
        self._api(user, "POST", f"/shares/received/{_part(key)}/decline")

    def read(self, user: str, key: str, path: str) -> str:
        return body(_well(self._inside(user, key, "GET", path))).decode("latin-1")

    def names(self, user: str, key: str, path: str) -> list[str]:
        answer = _well(self._inside(user, key, "PROPFIND", path, {"depth": "1"}))
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        hrefs = [e.text or "" for e in etree.fromstring(body(answer), parser).iter("{DAV:}href")]
        return sorted(unquote(href).rstrip("/").rpartition("/")[2] for href in hrefs[1:])

    def write(self, user: str, key: str, path: str, text: str) -> None:
        _well(self._inside(user, key, "PUT", path, {}, text.encode("latin-1")))

    def request(self, user: str, key: str, method: str, path: str) -> int:
        return self._inside(user, key, method, path).status

    # Their own files

    def put(self, user: str, path: str, text: str) -> None:
        _well(self._send(user, "PUT", _own(user, path), {}, text.encode("latin-1")))

    def get(self, user: str, path: str) -> str:
        return body(_well(self._send(user, "GET", _own(user, path)))).decode("latin-1")

    def folder(self, user: str, path: str) -> None:
        _well(self._send(user, "MKCOL", _own(user, path)))

    def remove(self, user: str, path: str) -> None:
        _well(self._send(user, "DELETE", _own(user, path)))

    def home(self, user: str) -> str:
        return _own(user, "")

    def servers(self, user: str) -> list[str]:
        link = str(self._api(user, "POST", "/invites", {})["inviteLink"])
        page = body(_well(self.place.call(Request("GET", link)))).decode()
        return re.findall(r'<option value="([^"]+)"', page)

    # Asking for shares

    def reference(self, user: str, path: str) -> str:
        return str(self._api(user, "GET", f"/references/{quote(path.lstrip('/'))}")["reference"])

    def ask_share(self, user: str, owner: str, reference: str) -> None:
        self._api(user, "POST", "/requests/share", {"owner": owner, "reference": reference})

    def ask_reshare(self, user: str, key: str, to: str) -> None:
        self._api(user, "POST", "/requests/reshare", {"share": key, "shareWith": to})

    def asked(self, user: str) -> Any:
        return self._api(user, "GET", "/requests")["requests"]

    def answer(self, user: str, key: str, agree: bool) -> None:
        self._api(user, "POST", f"/requests/{_part(key)}/{'agree' if agree else 'refuse'}")

    def _inside(
        self,
        user: str,
        key: str,
        method: str,
        path: str,
        headers: Mapping[str, str] = {},
        content: bytes = b"",
    ) -> Response:
        place = f"/api/shares/received/{_part(key)}/files/{quote(path.lstrip('/'))}"
        return self._send(user, method, place, headers, content)

    def _api(self, user: str, method: str, path: str, document: Any = None) -> Any:
        content = b"" if document is None else json.dumps(document).encode()
        headers = {"content-type": "application/json"} if content else {}
        answer = _well(self._send(user, method, f"/api{path}", headers, content))
        return json.loads(body(answer))

    def _send(
        self, user: str, method: str, path: str, headers: Mapping[str, str] = {}, content: bytes = b""
    ) -> Response:
        pair = f"{user}:{self.place.passwords.get(user, '')}"
        basic = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return self.place.call(Request(method, self.base + path, {**basic, **headers}, content))


def build(place: Place) -> Simulated:
    """Misuse if nobody's password is known."""
    if not any(place.passwords.values()):
        raise Misuse("the driver simulated needs names and passwords: give --login FILE")
    return Simulated(place)


def _part(text: str) -> str:
    return quote(text, safe="")


def _own(user: str, path: str) -> str:
    return f"/dav/files/{_part(user)}/{quote(path.strip('/'))}"


def _well(answer: Response) -> Response:
    """Refused with what the site said."""
    if answer.status < 300:
        return answer
    try:
        told = json.loads(body(answer))
        message = told["message"]
    except (ValueError, KeyError, TypeError):
        told, message = {}, ""
    if answer.status == 501 and "validationErrors" in told:
        # Not what a peer cannot take, but what this kind of site has not.
        raise Unsupported(message)
    raise Refused(f"{answer.status} {message}".strip())
