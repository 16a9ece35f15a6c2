"""The user of an OpenCloudMesh-Go server, through that server's own API.

It has one user, no list of what was given, and no way to take a share back. `files` is its folder of files
(`.ocm/files`), if that can be written from here; without it the one file it comes with is shared.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conformance import Unsupported
from conformance.drivers import HOME, Place
from conformance.record import Refused, body
from conformance.targets import Misuse
from meshsim.wire import Request

OWN = "hello-ocm.txt"
"""What the server puts into its folder by itself."""

NO_FOLDER = "the server's folder is not known: give --driver opencloudmesh_go:files=FOLDER"
JSON = {"content-type": "application/json"}


class OpenCloudMeshGo:
    """Signs in once, with the password of the bootstrap user."""

    def __init__(self, place: Place, files: Path | None) -> None:
        self.place = place
        self.files = files
        self.users = tuple(place.passwords)[:1]
        self._token = ""
        self._id = ""

    def sign_in(self, user: str) -> None:
        self._api("GET", "/inbox/shares")

    def invite(self, user: str) -> str:
        return str(self._api("POST", "/invites/outgoing", {})["inviteString"])

    def accept_invite(self, user: str, invite: str) -> str:
        found = self._api("POST", "/inbox/invites/import", {"inviteString": invite})
        self._api("POST", f"/inbox/invites/{_part(found['id'])}/accept")
        return str(found["senderFqdn"])

    def share(self, user: str, path: str, to: str, options: Mapping[str, Any]) -> Any:
        permissions = list(options.get("permissions", ["read"]))
        if permissions != ["read"]:
            raise Unsupported("this server's users share to read alone")
        document = {
            "receiverDomain": to.rpartition("@")[2],
            "shareWith": to,
            "localPath": self._local(path),
            "permissions": permissions,
        }
        if options.get("share_type", "user") != "user" or options.get("expiration") is not None:
            raise Unsupported("this server's users share with users alone, and without an end")
        found = self._api("POST", "/shares/outgoing", document)
        return {"providerId": found["providerId"], "state": "pending"}

    def inbox(self, user: str) -> Any:
        return [
            {**share, "key": f"{share['shareId']} {share['providerId']}", "state": share["status"]}
            for share in self._api("GET", "/inbox/shares")["shares"]
        ]

    def accept(self, user: str, key: str) -> None:
        self._api("POST", f"/inbox/shares/{_id(key)}/accept")

    def decline(self, user: str, key: str) -> None:
        self._api("POST", f"/inbox/shares/{_id(key)}/decline")

    def read(self, user: str, key: str, path: str) -> str:
        """The first 4 KiB: there is no other way to see what is in a share."""
        if path:
            raise Unsupported("this server's users cannot look into folders")
        found = self._api("POST", f"/inbox/shares/{_id(key)}/verify-access")
        if not found.get("ok"):
            raise Refused(
                f"{found.get('httpStatus', '')} {found.get('reasonCode', '')} {found.get('error', '')}"
            )
        return str(found.get("contentPreview", ""))

    def put(self, user: str, path: str, text: str) -> None:
        self._own(path).write_bytes(text.encode("latin-1"))

    def get(self, user: str, path: str) -> str:
        return self._own(path).read_bytes().decode("latin-1")

    def folder(self, user: str, path: str) -> None:
        self._own(path).mkdir()

    def remove(self, user: str, path: str) -> None:
        there = self._own(path)
        if there.is_dir():
            shutil.rmtree(there)
        else:
            there.unlink()

    def _local(self, path: str) -> str:
        if self.files is None and path == next(iter(HOME)):
            return OWN
        if self.files is None:
            raise Unsupported(NO_FOLDER)
        if (self.files / path.strip("/")).is_dir():
            raise Unsupported("this server's users share files alone")
        return path.strip("/")

    def _own(self, path: str) -> Path:
        if self.files is None:
            raise Unsupported(NO_FOLDER)
        return self.files / path.strip("/")

    def _api(self, method: str, path: str, document: Any = None) -> Any:
        if not self._token:
            user = self.users[0]
            login = {"username": user, "password": self.place.passwords[user]}
            self._token = str(self._call("POST", "/auth/login", login, {})["token"])
        return self._call(method, path, document, {"authorization": f"Bearer {self._token}"})

    def _call(self, method: str, path: str, document: Any, headers: Mapping[str, str]) -> Any:
        url = f"{self.place.scheme}://{self.place.host}/api{path}"
        content = b"" if document is None else json.dumps(document).encode()
        answer = self.place.call(Request(method, url, {**JSON, **headers}, content))
        try:
            found = json.loads(body(answer))
        except ValueError as error:
            raise Refused(f"{answer.status} without JSON: {path} is of another kind of server") from error
        if answer.status >= 300:
            error = found.get("error") if isinstance(found, dict) else None
            told = error if isinstance(error, dict) else {"message": error or found}
            raise Refused(f"{answer.status} {told.get('reasonCode', '')} {told.get('message', '')}"[:300])
        return found


def build(place: Place, *, files: str = "") -> OpenCloudMeshGo:
    """Misuse if the user is not known, or the folder is not there."""
    if not any(place.passwords.values()):
        raise Misuse("the driver opencloudmesh_go needs the bootstrap user's name and password: --login FILE")
    folder = Path(files) if files else None
    if folder is not None and not folder.is_dir():
        raise Misuse(f"the driver opencloudmesh_go: {files} is no folder")
    return OpenCloudMeshGo(place, folder)


def _part(text: str) -> str:
    return quote(text, safe="")


def _id(key: str) -> str:
    return _part(key.partition(" ")[0])
