"""What peers of a load run show to who calls them by https."""

import pytest
import trustme

from loadtests.credentials import BadCredentials, Credentials, kept


def test_an_authority_is_made_once_and_stays(tmp_path):
    """Its key is for its owner alone; beside it lies what a target has to trust."""
    file = tmp_path / "peers.pem"
    shown = kept(file)
    first = file.read_bytes()

    assert 0o600 == file.stat().st_mode & 0o777
    assert tmp_path / "peers.crt" == shown == kept(file)
    assert first == file.read_bytes()
    assert b"PRIVATE KEY" not in shown.read_bytes()
    assert Credentials(authority=str(file)).trusted == shown.read_text()


def test_each_name_has_a_certificate_that_is_made_once(tmp_path):
    """One certificate of one's own is for all names."""
    file = tmp_path / "peers.pem"
    kept(file)
    made = Credentials(authority=str(file))
    one = trustme.CA().issue_cert("peers.example")
    one.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "one.pem"))
    given = Credentials(certificate=str(tmp_path / "one.pem"))

    assert made.server("127.66.0.1") is made.server("127.66.0.1") is not made.server("127.66.0.2")
    assert given.server("127.66.0.1") is given.server("127.66.0.2")
    assert "" == given.trusted


@pytest.mark.parametrize("content", [b"", b"none", b"-----BEGIN CERTIFICATE-----\nnone"])
def test_what_is_no_authority_and_no_certificate_is_said_to_be_that(tmp_path, content):
    """With what is needed instead."""
    file = tmp_path / "bad.pem"
    file.write_bytes(content)

    with pytest.raises(BadCredentials, match="no authority: it takes its key and its certificate"):
        kept(file)
    with pytest.raises(BadCredentials, match="no authority"):
        Credentials(authority=str(file))
    with pytest.raises(BadCredentials, match="no certificate: it takes a PEM file"):
        Credentials(certificate=str(file))


def test_a_file_that_cannot_be_read_or_made_is_named(tmp_path):
    """Both kinds, and a folder that is not there."""
    with pytest.raises(BadCredentials, match=r"none\.pem: No such file"):
        Credentials(certificate=str(tmp_path / "none.pem"))
    with pytest.raises(BadCredentials, match=r"none\.pem: No such file"):
        kept(tmp_path / "no" / "none.pem")
