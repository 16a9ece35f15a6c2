"""Pages as a browser sees them: from a link in a mail to a file that was shared."""

import re
from html import unescape

import pytest

from meshsim.apis.pages import ROUTES
from meshsim.mesh import Plan, Topology

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def hidden(page, name):
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    return unescape(found[1]) if found else ""


def sign_in(mesh, browser, host, user, **fields):
    csrf = hidden(browser.get(f"https://{host}/signin"), "csrf")
    data = {"user": user, "password": mesh.people(host).password(user), "csrf": csrf, **fields}
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


@pytest.fixture
def at(mesh):
    """The browser of somebody who is signed in, and what it posts."""
    opened = []

    def browser(user, host):
        one = mesh.client(f"{user}.{host}", base_url=f"https://{host}", follow_redirects=True)
        opened.append(one)
        csrf = hidden(sign_in(mesh, one, host, user), "csrf")
        one.send_form = lambda path, files=None, **fields: one.post(
            path, data={"csrf": csrf, **fields}, files=files
        )
        return one

    yield browser
    for one in opened:
        one.close()


@pytest.mark.parametrize("server", [BETA, f"bob@{BETA}", f" {BETA.upper()} "])
def test_an_invited_person_follows_the_link_and_becomes_a_contact(federation, server):
    """Choose the own server from the list or by hand, sign in, accept."""
    mesh = federation
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    invite = alice.invite("for <our> paper")
    with mesh.client("browser.example", follow_redirects=True) as browser:
        page = browser.get(invite.link(f"https://{ALPHA}/wayf"))
        assert alice.user.name in page.text
        assert "Beta &lt;Labs&gt;" in page.text
        assert "for &lt;our&gt; paper" in page.text
        asked = {"csrf": hidden(page, "csrf"), "token": hidden(page, "token"), "server": server}
        page = browser.post(f"https://{ALPHA}/wayf", data=asked)
        assert "/signin" in str(page.url)
        page = sign_in(mesh, browser, BETA, "bob", next=hidden(page, "next"))
        assert "Accept an invite?" in page.text
        fields = {name: hidden(page, name) for name in ("token", "providerDomain")}
        proof = re.findall(r'name="csrf" value="([^"]*)"', page.text)[-1]
        page = browser.post(f"https://{BETA}/accept-invite", data={**fields, "csrf": proof})
        assert "is now your contact" in page.text
        assert 404 == browser.get(invite.link(f"https://{ALPHA}/wayf")).status_code

    assert [alice.address] == [c.address for c in bob.contacts()]
    assert [bob.address] == [c.address for c in alice.contacts()]


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ("https://beta.example.org/x", "scheme"),
        ("no server", "host name"),
        ("", "missing"),
        ("nowhere.example", "no such host"),
        ("old.example", "invite"),
        ("127.0.0.1:22/../x", "path"),
    ],
)
def test_a_server_that_cannot_be_gone_to_is_told_politely(federation, server, reason):
    """With the reason, what was entered, and another way; and without going anywhere."""
    invite = federation.person(f"alice@{ALPHA}").invite()
    with federation.client() as browser:
        csrf = hidden(browser.get(invite.link(f"https://{ALPHA}/wayf")), "csrf")
        page = browser.post(
            f"https://{ALPHA}/wayf", data={"csrf": csrf, "token": invite.token, "server": server}
        )

    assert page.status_code >= 400
    assert reason in page.text
    assert invite.string in page.text


SENDING = sorted(
    {
        re.sub(r"\(\?:/\(\?P<path>\.\*\)\)\?", "/papers", pattern.pattern)
        for m, _, pattern, _ in ROUTES
        if "POST" in m
    }
)


@pytest.mark.parametrize("path", SENDING)
def test_forms_need_the_proof_of_their_page(mesh, alice, bob, at, path):
    """Without it nothing is done, whatever the form; signing out is no exception."""
    mesh.run(alice.share("papers", bob.address))
    mesh.run(bob.share("notes.txt", alice.address))
    path = path.replace("(?P<key>[^/]+)", alice.received()[0].key.replace(" ", "%20"))
    path = path.replace("(?P<path>.+)", "papers")
    one = at("alice", ALPHA)
    fields = {"path": "notes.txt", "name": "x", "label": "x", "share": alice.given()[0].provider_id}
    before = len(mesh.journal.entries)
    for csrf in ({}, {"csrf": "guess"}, {"csrf": ""}):
        files = {"file": ("new.txt", b"x")} if "/upload/" in path else None
        answer = one.post(path, data={**csrf, **fields}, files=files)
        assert 403 == answer.status_code, path

    assert before == len(mesh.journal.entries)
    assert mesh.site(ALPHA).ports.storage.stat("/alice/papers/new.txt") is None


def test_nobody_sees_a_page_of_somebodys_without_signing_in(mesh):
    """They are asked to, and come back to where they wanted."""
    with mesh.client(base_url=f"https://{ALPHA}") as browser:
        for methods, open_to_all, pattern, _ in ROUTES:
            path = re.sub(r"\(\?.*", "", pattern.pattern)
            if open_to_all or "GET" not in methods or not pattern.fullmatch(path):
                continue
            answer = browser.get(path)
            assert 303 == answer.status_code, path
            assert answer.headers["location"].startswith("/signin"), path


def test_a_share_goes_from_page_to_page(mesh, alice, bob, at):
    """Share, see it arrive, accept, open, upload into it, change its permissions, leave it, unshare."""
    one, other = at("alice", ALPHA), at("bob", BETA)
    assert (
        "papers is shared with"
        in one.send_form("/share/papers", **{"with": str(bob.address), "rights": "write"}).text
    )
    assert "1 share waits" in other.get("/files/").text
    assert "who is no contact of yours" in other.get("/received").text
    page = other.send_form("/received/accept", share=bob.received()[0].key)
    assert "You accepted papers." in page.text
    assert "abstract.txt" in page.text
    base = str(page.url).removesuffix("/files/")
    page = other.send_form(f"{base}/upload/", files={"file": ("new ü.txt", b"from elsewhere")})
    assert "new ü.txt was uploaded." in page.text
    assert b"from elsewhere" == mesh.run(alice.get("papers/new ü.txt"))
    got = other.get(f"{base}/download/new%20%C3%BC.txt")
    assert (200, b"from elsewhere") == (got.status_code, got.content)
    changed = one.send_form("/given/change", share=alice.given()[0].provider_id, rights="read")
    assert f"{bob.address} may only read papers now." in changed.text
    refused = other.send_form(f"{base}/upload/", files={"file": ("no.txt", b"no")})
    assert 403 == refused.status_code
    assert "whoever shared this with you can change it" in refused.text
    assert "You left papers." in other.send_form("/received/decline", share=bob.received()[0].key).text
    assert "declined" in one.get("/given").text
    assert 403 == other.get(f"{base}/files/").status_code


def test_files_are_put_looked_at_and_deleted(mesh, alice, at):
    """Nothing is replaced unless that was chosen, and a name that is no name is refused."""
    one = at("alice", ALPHA)
    assert "folder plans &amp; more was made" in one.send_form("/new-folder/", name="plans & more").text
    assert 405 == one.send_form("/new-folder/", name="plans & more").status_code
    place = "/upload/plans%20%26%20more"
    assert (
        "a.html was uploaded" in one.send_form(place, files={"file": ("C:\\fakepath\\a.html", b"one")}).text
    )
    again = one.send_form(place, files={"file": ("a.html", b"two")})
    assert 409 == again.status_code
    assert "Replace" in again.text
    assert "was replaced" in one.send_form(place, files={"file": ("a.html", b"two")}, replace="yes").text
    assert b"two" == mesh.run(alice.get("plans & more/a.html"))
    assert 400 == one.send_form(place, files={"file": ("..", b"x")}).status_code
    assert 400 == one.send_form("/new-folder/", name="../bob").status_code
    assert 400 == one.send_form(place, files={"other": (None, "x")}).status_code
    assert "Delete plans &amp; more?" in one.get("/delete/plans%20%26%20more").text
    assert "was deleted" in one.send_form("/delete/plans%20%26%20more").text
    assert 404 == one.get("/files/plans%20%26%20more").status_code
    assert 404 == one.get("/files/../bob/").status_code


def test_what_was_uploaded_runs_nowhere(mesh, alice, bob, at):
    """A page in a file is handed out as a file, by every door."""
    alice.put("evil.html", b"<script>alert(1)</script>")
    mesh.run(alice.share("evil.html", bob.address))
    mesh.run(bob.accept(bob.received()[0]))
    key = bob.received()[0].key.replace(" ", "%20")
    one, other = at("alice", ALPHA), at("bob", BETA)
    answers = [one.get(f"{door}/evil.html") for door in ("/download", "/dav/files/alice")]
    answers += [other.get(path) for path in (f"/received/{key}/download/", "/dav/shares/bob/evil.html")]
    answers.append(other.get(f"/api/shares/received/{key}/files/"))
    share = alice.given()[0]
    bearer = {"authorization": f"Bearer {share.secret}"}
    answers.append(other.get(f"https://{ALPHA}/dav/ocm/{share.provider_id}", headers=bearer))
    for answer in answers:
        assert 200 == answer.status_code, answer.url
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert "nosniff" == answer.headers["x-content-type-options"]


def test_an_app_password_is_shown_once(mesh, at):
    """And works until it is revoked."""
    one = at("alice", ALPHA)
    page = one.send_form("/access/create", label="rclone")
    (password,) = [found for found in re.findall(r'copy">([^<]+)<', page.text) if "://" not in found]
    assert password not in one.get("/access").text
    assert "rclone" in one.get("/access").text
    with mesh.client(base_url=f"https://{ALPHA}") as program:
        assert 200 == program.get("/dav/files/alice/notes.txt", auth=("alice", password)).status_code
        assert 200 == program.get("/api/me", headers={"authorization": f"Bearer {password}"}).status_code
        assert 401 == program.get("/api/me", auth=("bob", password)).status_code
        assert 303 == program.get("/files/", auth=("alice", password)).status_code
        (row,) = mesh.site(ALPHA).passwords.of("alice")
        one.send_form("/access/revoke", key=row.key)
        assert 401 == program.get("/api/me", auth=("alice", password)).status_code


def test_contacts_are_made_with_strings_and_links_and_ended(mesh, alice, bob, at):
    """Both ways of an invite are on the page of who made it."""
    one, other = at("alice", ALPHA), at("bob", BETA)
    page = one.send_form("/contacts/invite", description="project")
    link, string = (unescape(text) for text in re.findall(r'copy">([^<]+)<', page.text))
    assert "is now your contact" in other.send_form("/contacts/take", invite=f" {string} ").text
    assert "is now your contact" in other.send_form("/contacts/take", invite=link).text
    assert alice.user.name in other.get("/contacts").text
    assert (
        "no contact of yours any more" in other.send_form("/contacts/remove", address=str(alice.address)).text
    )
    mesh.settle()
    assert [] == alice.contacts()
    wrong = other.send_form("/contacts/take", invite="junk!")
    assert 400 == wrong.status_code
    assert "Not an invite" in wrong.text


def test_a_form_that_is_refused_keeps_what_was_entered(mesh, at):
    """With the reason beside it, and nothing of it as markup."""
    one = at("alice", ALPHA)
    wrong = one.send_form("/share/notes.txt", **{"with": '"><script>', "rights": "write"})

    assert 400 == wrong.status_code
    assert 'value="&#34;&gt;&lt;script&gt;"' in wrong.text
    assert re.search(r'value="write"\s+checked', wrong.text)


def test_an_address_full_of_parameters_is_refused(mesh):
    """With a page, as any other mistake."""
    with mesh.client() as browser:
        for path in ("signin", "wayf"):
            many = "&".join(f"a{n}=1" for n in range(60))
            assert 400 == browser.get(f"https://{ALPHA}/{path}?{many}").status_code


def test_who_lost_their_way_is_shown_it_and_a_program_is_told(mesh):
    """A browser gets a page, anything else the usual JSON."""
    with mesh.client(base_url=f"https://{ALPHA}") as client:
        page = client.get("/nowhere", headers={"accept": "text/html,*/*"})
        told = client.get("/nowhere")

    assert (404, 404) == (page.status_code, told.status_code)
    assert "no such page" in page.text
    assert told.json()["message"]


def test_pages_are_not_framed_cached_or_followed(mesh):
    """The token of an invite stands in some of their URLs."""
    with mesh.client() as browser:
        headers = browser.get(f"https://{ALPHA}/signin").headers

    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert ("no-store", "no-referrer") == (headers["cache-control"], headers["referrer-policy"])
