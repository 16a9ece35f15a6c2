"""Pages as a browser sees them: from a link in a mail to a contact."""

import re
from html import unescape

import pytest

from meshsim.mesh import Plan, Topology

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def hidden(page, name):
    return unescape(re.search(rf'name="{name}" value="([^"]*)"', page.text)[1])


def sign_in(mesh, browser, host, user, **fields):
    data = {"user": user, "password": mesh.people(host).password(user), **fields}
    return browser.post(f"https://{host}/signin", data=data)


@pytest.fixture
def federation(make_mesh):
    """Two sites that are in a directory, and one of 1.0 that is not."""
    plans = (
        Plan(ALPHA),
        Plan(BETA, settings={"provider": "Beta <Labs>"}),
        Plan("old.example", dialect="ocm_1_0"),
    )
    mesh = make_mesh(Topology(plans, directory="directory.example.org"))
    for host in (ALPHA, BETA):
        mesh.run(mesh.site(host).listing.register())
    return mesh


@pytest.mark.parametrize("server", [BETA, f"bob@{BETA}", f" {BETA.upper()} "])
def test_an_invited_person_follows_the_link_and_becomes_a_contact(federation, server):
    """Choose the own server from the list or by hand, sign in, accept."""
    mesh = federation
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    invite = alice.invite()
    with mesh.client("browser.example", follow_redirects=True) as browser:
        page = browser.get(invite.link(f"https://{ALPHA}/wayf"))
        assert alice.user.name in page.text
        assert "Beta &lt;Labs&gt;" in page.text
        page = browser.post(f"https://{ALPHA}/wayf", data={"token": hidden(page, "token"), "server": server})
        assert "/signin" in str(page.url)
        page = sign_in(mesh, browser, BETA, "bob", next=hidden(page, "next"))
        assert "Accept an invite?" in page.text
        fields = {name: hidden(page, name) for name in ("csrf", "token", "providerDomain")}
        page = browser.post(f"https://{BETA}/accept-invite", data=fields)
        assert "is now your contact" in page.text
        assert 404 == browser.get(invite.link(f"https://{ALPHA}/wayf")).status_code

    assert [alice.address] == [c.address for c in bob.contacts()]
    assert [bob.address] == [c.address for c in alice.contacts()]


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("https://beta.example.org/x", "scheme"),
        ("no server", "not a host name"),
        ("", "missing"),
        ("nowhere.example", "no such host"),
        ("old.example", "invite"),
        ("127.0.0.1:22/../x", "path"),
    ],
)
def test_a_server_that_cannot_be_gone_to_is_told_politely(federation, server, reason):
    """With the reason, and without going anywhere."""
    invite = federation.person(f"alice@{ALPHA}").invite()
    with federation.client() as browser:
        page = browser.post(f"https://{ALPHA}/wayf", data={"token": invite.token, "server": server})

    assert page.status_code >= 400
    assert reason in page.text


def test_forms_need_the_proof_of_their_page(mesh, alice, bob):
    """Without it nothing is done, and signing out is no exception."""
    with mesh.client(base_url=f"https://{ALPHA}") as browser:
        sign_in(mesh, browser, ALPHA, "alice")
        for path in ("/act/invite", "/act/share", "/accept-invite", "/signout"):
            assert 403 == browser.post(path, data={"csrf": "guess", "path": "notes.txt"}).status_code
    assert [] == list(alice.site.records.invitations())


def test_ones_own_page_shows_and_does(mesh, alice, bob):
    """Share, see it arrive, accept, unshare."""
    with mesh.client(base_url=f"https://{ALPHA}", follow_redirects=True) as one:
        page = sign_in(mesh, one, ALPHA, "alice")
        csrf = hidden(page, "csrf")
        data = {"csrf": csrf, "path": "notes.txt", "with": str(bob.address), "rights": "read write"}
        assert "notes.txt" in one.post("/act/share", data=data).text
        with mesh.client("other.example", base_url=f"https://{BETA}", follow_redirects=True) as other:
            page = sign_in(mesh, other, BETA, "bob")
            assert "pending, read, write" in page.text
            fields = {"csrf": hidden(page, "csrf"), "share": hidden(page, "share")}
            assert "accepted, read, write" in other.post("/act/accept", data=fields).text
        one.post("/act/unshare", data={"csrf": csrf, "share": alice.given()[0].provider_id})
        wrong = one.post("/act/share", data={**data, "path": "<script>alert(1)</script>"})

    assert [] == bob.received()
    assert 404 == wrong.status_code
    assert "<script>" not in wrong.text
    assert "&lt;script&gt;" in wrong.text


def test_an_address_full_of_parameters_is_refused(mesh):
    """With a page, as any other mistake."""
    with mesh.client() as browser:
        for path in ("signin", "wayf"):
            assert (
                400
                == browser.get(
                    f"https://{ALPHA}/{path}?" + "&".join(f"a{n}=1" for n in range(60))
                ).status_code
            )


def test_pages_are_not_framed_cached_or_followed(mesh):
    """The token of an invite stands in some of their URLs."""
    with mesh.client() as browser:
        headers = browser.get(f"https://{ALPHA}/signin").headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert ("no-store", "no-referrer") == (headers["cache-control"], headers["referrer-policy"])
