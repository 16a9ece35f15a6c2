"""A certificate authority of a mesh: whom it vouches for, and what shows that to others."""

import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trustme

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def new_authority() -> bytes:
    """Key and certificate of an authority that is to outlive this run, as PEM."""
    made = trustme.CA(organization_name="meshsim")
    return made.private_key_pem.bytes() + made.cert_pem.bytes()


class Authority:
    """Vouches for names, until the run is over or, from what `new_authority` gave once, for longer."""

    def __init__(self, kept: bytes | None = None) -> None:
        """ValueError if what was kept is no key with a certificate."""
        if kept is None:
            self._made = trustme.CA(organization_name="meshsim, for one run only")
        else:
            key, mark, certificate = kept.partition(_CERTIFICATE)
            self._made = trustme.CA.from_pem(mark + certificate, key)

    @property
    def certificate(self) -> bytes:
        """What others have to trust, as PEM."""
        return self._made.cert_pem.bytes()

    def vouch(self, context: ssl.SSLContext, *names: str) -> None:
        """Let whoever listens with this context show that they have these names or addresses."""
        self._made.issue_cert(*names).configure_cert(context)


class Trust:
    """TLS on both ends of a mesh. Certificates are made per name, when it is first asked for."""

    def __init__(
        self, knows: Callable[[str], bool], always: tuple[str, ...], authority: bytes | None = None
    ) -> None:
        """`authority` is what `new_authority` gave once, else there is one for this run only; ValueError."""
        self._authority = Authority(authority)
        self._knows = knows
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.server = self._context(*always)
        """For whoever listens; chooses the certificate by the name that the client asks for."""
        self.server.sni_callback = self._choose
        self.client = ssl.create_default_context()
        """For whoever calls."""
        self.client.load_verify_locations(cadata=self._authority.certificate.decode())
        self._told, self._hook = sys.unraisablehook, self._unless_a_bad_name
        sys.unraisablehook = self._hook

    def close(self) -> None:
        """Nobody listens any more."""
        if sys.unraisablehook == self._hook:
            sys.unraisablehook = self._told

    def _unless_a_bad_name(self, unraisable: Any) -> None:
        # A client may ask for a name that is no ASCII. Python's ssl refuses the handshake, as is right, and
        # says so neither to us nor to the client's connection but here, with the name as the object.
        if unraisable.exc_type is not UnicodeDecodeError or type(unraisable.object) is not bytes:
            self._told(unraisable)

    def write(self, path: Path) -> None:
        """The authority's certificate, for clients that are to trust it."""
        path.write_bytes(self._authority.certificate)

    def trust(self, file: Path) -> None:
        """Trust another authority, too; OSError or ssl.SSLError if the file holds none."""
        self.client.load_verify_locations(cafile=str(file))

    def _context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._authority.vouch(context, *names)
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if name is None or not self._knows(name.lower()):
            return  # a stranger's name gets the certificate that does not fit it
        found = self._contexts.get(name.lower())
        if found is None:
            found = self._contexts[name.lower()] = self._context(name.lower())
        connection.context = found
