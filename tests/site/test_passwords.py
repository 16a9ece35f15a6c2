"""Passwords for programs: shown once, told apart, revoked one by one."""

import pytest

from meshsim.ocm.errors import LocalError
from meshsim.site.passwords import MOST


@pytest.fixture
def passwords(alice):
    return alice.site.passwords


def test_a_password_belongs_to_who_made_it(passwords):
    """And to nobody else; another one is another."""
    _, password = passwords.create("alice", " rclone ")

    assert "alice" == passwords.owner(password)
    assert passwords.owner(password[:-1]) is None
    assert passwords.owner("") is None
    assert ["rclone"] == [kept.label for kept in passwords.of("alice")]
    assert [] == passwords.of("bob")
    assert password != passwords.create("alice", "rclone")[1]


def test_the_password_itself_is_kept_nowhere(mesh, passwords):
    """What was written down does not open anything."""
    row, password = passwords.create("alice", "rclone")

    assert password not in repr(mesh.facts().journal.rows("app-passwords")) + repr(row)
    assert passwords.owner(row.key) is None


def test_it_outlives_a_crash_and_ends_when_revoked(mesh, alice, passwords):
    """Only its owner can revoke it, once."""
    row, password = passwords.create("alice", "rclone")
    mesh.crash(alice.address.host)
    mesh.restart(alice.address.host)
    passwords = alice.site.passwords
    with pytest.raises(LocalError):
        passwords.revoke("bob", row.key)
    assert "alice" == passwords.owner(password)
    passwords.revoke("alice", row.key)

    assert passwords.owner(password) is None
    with pytest.raises(LocalError):
        passwords.revoke("alice", row.key)


@pytest.mark.parametrize("label", ["", "  ", "a\x00b", "x" * 2000])
def test_a_program_has_a_name(passwords, label):
    """Or nobody would know what to revoke."""
    with pytest.raises(LocalError):
        passwords.create("alice", label)


def test_nobody_makes_them_without_end(passwords):
    """The refusal says what to do."""
    for _ in range(MOST):
        passwords.create("alice", "one more")
    with pytest.raises(LocalError, match="revoke one"):
        passwords.create("alice", "one more")
