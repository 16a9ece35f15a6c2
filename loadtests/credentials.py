"""What the peers of a run show to a target that calls them by https, and what vouches for it."""

import os
from pathlib import Path

from gevent.ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError, TLSVersion

from meshsim.network.trust import Authority, new_authority

NO_CREDENTIALS = (
    "a target on https calls our peers so, too: give --peer-ca FILE, an authority that the target trusts "
    "(made if there is none), or --peer-cert FILE, a certificate with its key"
)


class BadCredentials(ValueError):
    """A file that is no authority, or no certificate; the message says what is needed."""


def kept(file: Path) -> Path:
    """Where the certificate of an authority is that others are to trust; both are made if there is none.

    BadCredentials if they cannot be.
    """
    shown = file.with_suffix(".crt")
    try:
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as made:
                made.write(new_authority())
        shown.write_bytes(_authority(file).certificate)
    except OSError as error:
        raise BadCredentials(f"{error.filename or file}: {error.strerror}") from error
    return shown


def _authority(file: Path) -> Authority:
    try:
        return Authority(file.read_bytes())
    except ValueError as error:
        raise BadCredentials(
            f"{file} is no authority: it takes its key and its certificate, as PEM"
        ) from error


class Credentials:
    """Either an authority, which vouches for each peer by name, or one certificate that fits all of them."""

    def __init__(self, *, authority: str = "", certificate: str = "") -> None:
        """Both are files; BadCredentials if one is not what it is to be."""
        self._file = certificate
        self._authority: Authority | None = None
        self._contexts: dict[str, SSLContext] = {}
        try:
            if certificate:
                self.server("")
            else:
                self._authority = _authority(Path(authority))
        except OSError as error:
            raise BadCredentials(f"{error.filename or certificate}: {error.strerror}") from error

    @property
    def trusted(self) -> str:
        """What our own calls are to trust, as PEM; empty if only the target knows."""
        return self._authority.certificate.decode() if self._authority is not None else ""

    def server(self, name: str) -> SSLContext:
        """For whoever listens under a name or address."""
        name = "" if self._file else name
        context = self._contexts.get(name)
        if context is None:
            context = self._contexts[name] = SSLContext(PROTOCOL_TLS_SERVER)
            context.minimum_version = TLSVersion.TLSv1_2
            if self._authority is not None:
                self._authority.vouch(context, name)
            else:
                self._load(context)
        return context

    def _load(self, context: SSLContext) -> None:
        try:
            context.load_cert_chain(self._file)
        except SSLError as error:
            raise BadCredentials(
                f"{self._file} is no certificate: it takes a PEM file with certificate and key"
            ) from error
