"""Sites with addresses of their own, as dig and curl see them."""

import json
from pathlib import Path

import pytest

from tests.foreign.programs import Served, need, run, trust
from tests.foreign.test_browser import Browser
from tests.test_kill_served import free_ports


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


def test_a_browser_opens_a_site_by_its_name(apart, tmp_path):
    """Told its address as the table says, it finds the right certificate and no warning."""
    need("certutil", "chromium", "chromedriver")
    trust(tmp_path, apart.told["ca"])
    site = apart.sites[1]
    host = site["host"].partition(":")[0]
    rule = f"host-resolver-rules=MAP {host} {site['address']}"
    browser = Browser(tmp_path, "desktop", True, tmp_path, rule)
    try:
        browser.open(site["url"])
        assert browser.driver.current_url.startswith(f"{site['url']}/signin")
        assert site["host"] in browser.text()
    finally:
        browser.driver.quit()


def test_a_site_keeps_its_name_its_authority_and_its_data(tmp_path):
    """Started again at the port it had, it is the same for whoever used it before."""
    port = str(free_ports())
    words = ("--addresses", "per-site", "--tls", "--data", str(tmp_path / "data"), "--port", port)
    told = []
    for _ in range(2):
        running = Served(tmp_path, *words)
        told.append((running.told, Path(running.told["ca"]).read_bytes()))
        running.stop()

    assert told[0] == told[1]
    assert f"cernbox.example:{port}" == told[0][0]["sites"][0]["host"]


def test_the_mesh_of_the_paper_takes_shares_from_its_own_addresses_alone(tmp_path):
    """People meet and share by curl, over rates, look-ups and keys of the central service; who says the same
    from elsewhere is refused.
    """
    (curl,) = need("curl")
    running = Served(tmp_path, "--addresses", "per-site", "--tls", "--port", "0", scenario="trust")
    one, other = running.sites

    def ask(site, method, url, body=None, *more):
        host, _, port = site["host"].partition(":")
        words = [curl, "-sS", "--cacert", running.told["ca"], "-X", method, *more]
        words += ["--resolve", f"{host}:{port}:{site['address']}", url]
        return json.loads(run(*words, *([] if body is None else ["--json", json.dumps(body)])))

    def do(site, method, path, body=None):
        user = site["users"][0]
        return ask(site, method, site["api"] + path, body, "-u", f"{user['name']}:{user['password']}")

    try:
        invite = do(one, "POST", "/invites", {})["inviteString"]
        assert "done" == do(other, "POST", "/invites/accept", {"invite": invite})["state"]
        mine, yours = one["users"][0]["address"], other["users"][0]["address"]
        given = do(one, "POST", "/shares/sent", {"path": "notes.txt", "shareWith": yours})
        assert "pending" == given["state"]
        (taken,) = do(other, "GET", "/shares/received")["shares"]
        assert mine == taken["sender"]
        webdav = {"uri": "x", "sharedSecret": "s", "permissions": ["read"]}
        false = {
            **{"shareWith": yours, "name": "x", "providerId": "1", "owner": mine, "sender": mine},
            **{"shareType": "user", "resourceType": "file", "protocol": {"name": "multi", "webdav": webdav}},
        }
        told = ask(other, "POST", f"{other['url']}/ocm/shares", false)
        assert f"does not have the name {one['host']}" in told["message"]
        assert 1 == len(do(other, "GET", "/shares/received")["shares"])
    finally:
        running.stop()
