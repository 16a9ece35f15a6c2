"""The way to the site: its name, its addresses, its port, its certificate."""

import socket
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509

from conformance.doctor import Check, Found, Missing, Patient, broken, doubtful, ok

SOON = 14
"""Days before the end of a certificate in which somebody has to be told."""


def scheme(patient: Patient) -> Found:
    """Is the site called by https?"""
    if patient.scheme == "https":
        return ok("https")
    return doubtful(
        "http: shares and tokens can be read on the way, and peers that keep to the draft will not call",
        "get a certificate, serve https, and look again with https://",
    )


def name(patient: Patient) -> Found:
    """Does the name lead to an address?"""
    try:
        found = patient.addresses
    except Missing as missing:
        return broken(
            str(missing), f"add an A or AAAA record for {patient.name}, or correct the name in the URL"
        )
    return ok(f"{patient.name} is at {', '.join(found)}")


def addresses(patient: Patient) -> Found:
    """Can peers elsewhere reach these addresses?"""
    private = [a for a in patient.addresses if not ip_address(a.partition("%")[0]).is_global]
    if not private:
        return ok("all of them are public")
    if len(private) < len(patient.addresses):
        return broken(
            f"{', '.join(private)} cannot be reached from elsewhere, and peers may be given it",
            "take addresses of a private network out of the public DNS",
        )
    return doubtful(
        f"{', '.join(private)} can be reached from this network only",
        "for peers elsewhere, give the name a public address; in a test network this is as it should be",
    )


def port(patient: Patient) -> Found:
    """Does somebody take connections at every address?"""
    failed = {address: reason for address, reason in patient.refused.items() if reason}
    if not failed:
        return ok(f"port {patient.port} is open")
    told = "; ".join(f"{address}: {reason}" for address, reason in failed.items())
    advice = f"start the web server, let it listen at port {patient.port}, and open that port in the firewall"
    if len(failed) == len(patient.refused):
        return broken(told, advice)
    return doubtful(told, f"{advice}, or take that address out of the DNS: peers try them in any order")


def ipv6(patient: Patient) -> Found:
    """If there is an IPv6 address, does it work; if not, does IPv4?"""
    six = [address for address in patient.addresses if ":" in address]
    if not six:
        return doubtful(
            "there is no IPv6 address", "peers that have IPv6 only cannot reach the site: add an AAAA record"
        )
    dead = [address for address in six if patient.refused[address]]
    if dead:
        return broken(
            f"{', '.join(dead)} does not answer, and most peers try IPv6 first",
            "let the server listen there as well ([::]), or take the AAAA record out",
        )
    if len(six) == len(patient.addresses):
        return doubtful("there is no IPv4 address", "many peers have IPv4 only: add an A record")
    return ok(f"{', '.join(six)} answers")


def tls(patient: Patient) -> Found:
    """Does the port speak TLS, of a version that is still safe?"""
    context = ssl.create_default_context()
    # Whom it belongs to is asked below; here anybody will do.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with patient.shake(context) as connection:
            return ok(f"{connection.version()}, {(connection.cipher() or ('',))[0]}")
    except OSError as error:
        return broken(
            f"no TLS connection: {_reason(error)}",
            "serve TLS 1.2 or 1.3 at this port, and not plain http; see the server's own log",
        )


def certificate_chain(patient: Patient) -> Found:
    """Is the certificate vouched for by somebody whom peers trust?"""
    context = _trusting(patient)
    context.check_hostname = False
    try:
        with patient.shake(context):
            return ok("by an authority that is trusted here")
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == EXPIRED:
            return ok("by an authority that is trusted here, but it has expired; see below")
        return broken(
            error.verify_message,
            "serve the whole chain (often fullchain.pem) of a public authority; "
            "for one of your own, give it here with --ca FILE, and to every peer",
        )
    except OSError as error:
        raise Missing(f"no TLS connection: {_reason(error)}") from error


def certificate_name(patient: Patient) -> Found:
    """Is the certificate for this name?"""
    names = _names(_certificate(patient))
    if any(_fits(pattern, patient.name) for pattern in names):
        return ok(f"for {patient.name}")
    return broken(
        f"it is for {', '.join(names[:5]) or 'nobody'}, and not for {patient.name}",
        f"get a certificate with {patient.name} among its alternative names, and serve it for that name",
    )


def certificate_expiry(patient: Patient) -> Found:
    """Is it valid today, and for some time?"""
    certificate = _certificate(patient)
    now = datetime.now(UTC)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    advice = "renew it, and let a program do that from now on (ACME)"
    if now < begin:
        return broken(
            f"it is valid from {begin:%Y-%m-%d %H:%M} UTC", "look at the clocks of this machine and of yours"
        )
    if end < now:
        return broken(f"it expired on {end:%Y-%m-%d}", advice)
    left = (end - now).days
    return doubtful(f"it expires in {left} days", advice) if left < SOON else ok(f"until {end:%Y-%m-%d}")


EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""

CHECKS: tuple[Check, ...] = (
    *(scheme, name, addresses, port, ipv6, tls, certificate_chain, certificate_name, certificate_expiry),
)


def _trusting(patient: Patient) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if patient.ca is not None:
        context.load_verify_locations(cafile=patient.ca)
    return context


def _certificate(patient: Patient) -> x509.Certificate:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with patient.shake(context) as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError) as error:
        raise Missing(f"there is no certificate to look at: {_reason(error)}") from error


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []  # the common name has not counted for years (RFC 9110, 4.3.4)
    return [
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
    ]


def _fits(pattern: str, wanted: str) -> bool:
    pattern, wanted = pattern.lower(), wanted.lower()
    if pattern.startswith("*."):
        return wanted.partition(".")[2] == pattern[2:]
    return pattern == wanted


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    if isinstance(error, socket.timeout):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error)
