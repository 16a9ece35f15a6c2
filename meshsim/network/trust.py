"""A certificate authority of a mesh: whom it vouches for, and what shows that to others."""

import ssl
from collections.abc import Callable
from pathlib import Path

import trustme

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def new_authority() -> bytes:
    """Key and certificate of an authority that is to outlive this run, as PEM."""
    made = trustme.CA(organization_name="meshsim")
    return made.private_key_pem.bytes() + made.cert_pem.bytes()


class Trust:
    """TLS on both ends of a mesh. Certificates are made per name, when it is first asked for."""

    def __init__(
        self, knows: Callable[[str], bool], always: tuple[str, ...], authority: bytes | None = None
    ) -> None:
        """`authority` is what `new_authority` gave once, else there is one for this run only; ValueError."""
        if authority is None:
            self._authority = trustme.CA(organization_name="meshsim, for one run only")
        else:
            key, mark, certificate = authority.partition(_CERTIFICATE)
            self._authority = trustme.CA.from_pem(mark + certificate, key)
        self._knows = knows
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.server = self._context(*always)
        """For whoever listens; chooses the certificate by the name that the client asks for."""
        self.server.sni_callback = self._choose
        self.client = ssl.create_default_context()
        """For whoever calls."""
        self._authority.configure_trust(self.client)

    def write(self, path: Path) -> None:
        """The authority's certificate, for clients that are to trust it."""
        self._authority.cert_pem.write_to_path(str(path))

    def trust(self, file: Path) -> None:
        """Trust another authority, too; OSError or ssl.SSLError if the file holds none."""
        self.client.load_verify_locations(cafile=str(file))

    def _context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._authority.issue_cert(*names).configure_cert(context)
        return context

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        if name is None or not self._knows(name.lower()):
            return  # a stranger's name gets the certificate that does not fit it
        found = self._contexts.get(name.lower())
        if found is None:
            found = self._contexts[name.lower()] = self._context(name.lower())
        connection.context = found
