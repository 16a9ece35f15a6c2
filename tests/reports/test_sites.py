import io

from rich.console import Console

from reports.sites import render


def test_whoever_reads_the_table_can_sign_in():
    """URL, name and password of each site; of a crowd only some, and that there are more."""
    users = [{"name": f"u{n}", "password": f"secret{n}"} for n in range(9)]
    site = {"name": "a.example", "url": "http://localhost:8401", "users": users, "users_in_all": 9}
    out = io.StringIO()

    render({"sites": [site], "directory": None, "ca": "ca.pem", "dns": None}, Console(file=out, width=100))

    for word in ("a.example", "http://localhost:8401", "u0", "secret3", "and 5 more", "ca.pem"):
        assert word in out.getvalue()
    assert "secret4" not in out.getvalue()


def test_whoever_cannot_ask_the_name_server_is_told_what_to_do():
    """Each site's address, and how a program is told of it."""
    site = {
        "name": "a.example",
        "host": "a.example:8400",
        "url": "https://a.example:8400",
        "address": "127.77.0.1",
        "users": [{"name": "u1", "password": "secret"}],
        "users_in_all": 1,
    }
    out = io.StringIO()

    render(
        {"sites": [site], "directory": None, "ca": None, "dns": "127.0.0.1:8401"},
        Console(file=out, width=100),
    )

    for words in ("127.0.0.1:8401", "--resolve a.example:8400:127.77.0.1", '="MAP a.example 127.77.0.1"'):
        assert words in out.getvalue()
