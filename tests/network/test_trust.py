import socket
import ssl
import sys
import threading
from types import SimpleNamespace

import pytest

from meshsim.network.trust import Trust


def shake_hands(trust, name, context=None):
    """The names in the certificate that is shown to a client that asks for `name`."""
    here, there = socket.socketpair()

    def serve():
        try:
            trust.server.wrap_socket(there, server_side=True).close()
        except OSError:
            there.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with (context or trust.client).wrap_socket(here, server_hostname=name) as connection:
            return [value for _, value in connection.getpeercert()["subjectAltName"]]
    finally:
        thread.join()


def test_each_name_has_a_certificate_made_when_it_is_asked_for():
    """Clients that trust the authority reach every site by its name, and by the address they share."""
    trust = Trust(lambda name: name == "a.example", ("localhost", "127.0.0.1"))

    assert ["a.example"] == shake_hands(trust, "a.example")
    assert ["localhost", "127.0.0.1"] == shake_hands(trust, "localhost")


def test_strangers_are_not_believed():
    """A name that is none of the mesh gets no certificate, and another run vouches for nobody here."""
    trust, other = (Trust(lambda name: name == "a.example", ("localhost",)) for _ in range(2))

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(trust, "b.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(trust, "a.example", other.client)


def test_a_name_that_is_no_ascii_is_refused_without_a_word(monkeypatch):
    """The client is told by an alert, and nobody else; what is wrong otherwise is still told."""
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    trust = Trust(lambda name: True, ("localhost",))
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        trust.client.wrap_bio(into, out, server_hostname="zzzz.example").do_handshake()
    here, there = socket.socketpair()
    with here, there:
        here.sendall(out.read().replace(b"zzzz", b"\xff\xfe\xc3\x28"))
        with pytest.raises(ssl.SSLError):
            trust.server.wrap_socket(there, server_side=True)
        alert = here.recv(100)
    refused = list(told)
    other = SimpleNamespace(exc_type=ValueError, object=None)
    sys.unraisablehook(other)
    trust.close()

    assert b"\x15\x03" == alert[:2]
    assert [] == refused
    assert [other] == told
    assert told.append == sys.unraisablehook
