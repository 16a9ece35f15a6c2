"""Sites with addresses of their own, as dig and curl see them."""

import json

import pytest

from tests.foreign.programs import Served, need, run


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """Two sites, each at an address of its own, with TLS, a port that was asked for, and data on disk."""
    place = tmp_path_factory.mktemp("apart")
    running = Served(place, "--addresses", "per-site", "--tls", "--port", "0", "--data", str(place / "data"))
    yield running
    running.stop()


def dig(served, *words):
    (program,) = need("dig")
    host, _, port = served.told["dns"].partition(":")
    return run(program, f"@{host}", "-p", port, "+tries=2", "+time=5", *words)


@pytest.mark.parametrize("carrier", ["+notcp", "+tcp"])
def test_dig_finds_addresses_and_names(apart, carrier):
    """As the one line of JSON says, by datagram and over a connection."""
    for site in apart.sites:
        name = site["host"].partition(":")[0]
        assert site["name"] == name
        assert site["address"] == dig(apart, carrier, "+short", name).strip()
        assert f"{name}." == dig(apart, carrier, "+short", "-x", site["address"]).strip()


def test_dig_is_told_nothing_foreign(apart):
    """The server knows its mesh, asks nobody else, and says so."""
    for words in (["example.org"], ["-x", "192.0.2.7"], [".", "NS"]):
        assert "status: REFUSED" in dig(apart, *words)
    assert "status: NXDOMAIN" in dig(apart, "-x", "127.77.200.200")


def test_curl_opens_a_site_by_its_name(apart):
    """With the address that the name server gave, and the authority that was printed; by address alone it is
    not the site that the certificate speaks of."""
    (curl,) = need("curl")
    for site in apart.sites:
        host, _, port = site["host"].partition(":")
        address = dig(apart, "+short", host).strip()
        words = (curl, "-fsS", "--cacert", apart.told["ca"])
        document = json.loads(
            run(*words, "--resolve", f"{host}:{port}:{address}", f"{site['url']}/.well-known/ocm")
        )
        assert document["endPoint"].startswith(site["url"])


def test_curl_asks_the_name_server_itself(apart):
    """Where curl was built with c-ares, which Debian's is not."""
    (curl,) = need("curl")
    if "c-ares" not in run(curl, "--version"):
        pytest.skip("this curl was built without c-ares, so it has no --dns-servers")
    site = apart.sites[0]
    words = (curl, "-fsS", "--dns-servers", apart.told["dns"], "--cacert", apart.told["ca"])

    assert json.loads(run(*words, f"{site['url']}/.well-known/ocm"))["enabled"]
