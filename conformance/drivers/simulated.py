"""The people of a simulated site."""

from typing import Any

from conformance import Unsupported
from conformance.record import Refused
from meshsim.apis.user import show
from meshsim.mesh import Mesh
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError
from meshsim.person import Person
from meshsim.storage import StorageError


class Simulated:
    """Acts through `Person`."""

    def __init__(self, mesh: Mesh, host: str) -> None:
        self.mesh = mesh
        self.host = host

    def act(self, verb: str, user: str, *args: Any) -> Any:
        """See `drivers`."""
        do = getattr(self, f"_{verb}", None)
        if do is None:
            raise Unsupported(f"a simulated site has no {verb}")
        try:
            return do(self.mesh.person(f"{user}@{self.host}"), *args)
        except (OcmError, StorageError) as error:
            raise Refused(str(error) or type(error).__name__) from error

    def _invite(self, who: Person) -> str:
        return who.invite().string

    def _accept_invite(self, who: Person, string: str) -> str:
        return str(self.mesh.run(who.accept_invite(string)).address)

    def _contacts(self, who: Person) -> Any:
        return [show(contact) for contact in who.contacts()]

    def _remove_contact(self, who: Person, address: str) -> None:
        self.mesh.run(who.remove_contact(OcmAddress.parse(address)))

    def _share(self, who: Person, path: str, to: str, options: dict[str, Any]) -> Any:
        given = {**options, "permissions": tuple(options.get("permissions", ("read",)))}
        return show(self.mesh.run(who.share(path, OcmAddress.parse(to), **given)))

    def _unshare(self, who: Person, provider_id: str) -> None:
        self.mesh.run(who.unshare(self._sent(who, provider_id)))

    def _change_permissions(self, who: Person, provider_id: str, permissions: list[str]) -> None:
        self.mesh.run(who.change_permissions(self._sent(who, provider_id), tuple(permissions)))

    def _given(self, who: Person) -> Any:
        return [show(share) for share in who.given()]

    def _inbox(self, who: Person) -> Any:
        return [show(share) for share in who.received()]

    def _accept(self, who: Person, key: str) -> None:
        self.mesh.run(who.accept(self._held(who, key)))

    def _decline(self, who: Person, key: str) -> None:
        self.mesh.run(who.decline(self._held(who, key)))

    def _read(self, who: Person, key: str, path: str) -> str:
        return self.mesh.run(who.read(self._held(who, key), path)).decode("latin-1")

    def _write(self, who: Person, key: str, path: str, text: str) -> None:
        self.mesh.run(who.write(self._held(who, key), path, text.encode("latin-1")))

    def _names(self, who: Person, key: str, path: str) -> Any:
        return self.mesh.run(who.names(self._held(who, key), path))

    def _put(self, who: Person, path: str, text: str) -> None:
        who.put(path, text.encode("latin-1"))

    def _get(self, who: Person, path: str) -> str:
        return self.mesh.run(who.get(path)).decode("latin-1")

    def _folder(self, who: Person, path: str) -> None:
        who.make_folder(path)

    def _ask_share(self, who: Person, owner: str, reference: str) -> None:
        self.mesh.run(who.ask_share(OcmAddress.parse(owner), reference))

    def _ask_reshare(self, who: Person, key: str, to: str) -> None:
        self.mesh.run(who.ask_reshare(self._held(who, key), OcmAddress.parse(to)))

    def _reference(self, who: Person, path: str) -> str:
        return who.site.wishing.reference(who.address.user, path)

    def _asked(self, who: Person) -> Any:
        return [show(wish) for wish in who.asked()]

    def _answer(self, who: Person, key: str, agree: bool) -> None:
        wish = next((wish for wish in who.asked() if wish.key == key), None)
        if wish is None:
            raise Refused("no such request")
        self.mesh.run(who.answer(wish, agree))

    def _sent(self, who: Person, provider_id: str) -> Any:
        return next(share for share in who.given() if share.provider_id == provider_id)

    def _held(self, who: Person, key: str) -> Any:
        found = next((share for share in who.received() if share.key == key), None)
        if found is None:
            raise Refused("the share is not there (any more)")
        return found
