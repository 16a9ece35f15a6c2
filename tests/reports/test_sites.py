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
