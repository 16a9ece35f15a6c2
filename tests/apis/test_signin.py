"""Sessions: made with a password, ended by time or by hand, and never sent elsewhere."""

import re

import pytest

from meshsim.apis import signin
from meshsim.apis.signin import FAILURES, LIFETIME, WINDOW, local_path
from meshsim.mesh import Plan, Topology

ALPHA = "alpha.example.org"


@pytest.fixture
def browser(mesh):
    with mesh.client(base_url=f"https://{ALPHA}") as client:
        yield client


def enter(mesh, browser, password=None, there="/", user="alice"):
    password = mesh.people(ALPHA).password("alice") if password is None else password
    csrf = re.search(r'name="csrf" value="([^"]*)"', browser.get("/signin").text)
    fields = {"user": user, "password": password, "next": there, "csrf": csrf[1] if csrf else ""}
    return browser.post("/signin", data=fields)


def test_a_password_opens_a_session(mesh, browser):
    """The cookie is for this site, this browser and this protocol only."""
    answer = enter(mesh, browser)
    cookie = answer.headers["set-cookie"]

    assert (303, "/") == (answer.status_code, answer.headers["location"])
    assert cookie.startswith("__Host-")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"))
    assert 200 == browser.get("/files/").status_code


def test_sites_on_ports_of_one_host_do_not_take_each_others_sessions(make_mesh):
    """Browsers send cookies to every port, so they are told apart by name."""
    mesh = make_mesh(Topology((Plan("localhost:81", scheme="http"), Plan("localhost:82", scheme="http"))))
    names = {signin.session_cookie(mesh.site(host)) for host in mesh.hosts}

    assert {"meshsim-session-81", "meshsim-session-82"} == names


def test_a_wrong_password_opens_none(mesh, browser):
    """Nor does a name that does not exist; the answers are alike."""
    answers = [enter(mesh, browser, "x", user=user) for user in ("alice", "nobody", "")]

    assert {401} == {answer.status_code for answer in answers}
    assert 1 == len({answer.text for answer in answers})
    assert 303 == browser.get("/files/").status_code


def test_a_session_ends(mesh, browser):
    """By time, by signing out, and with the site's memory."""
    enter(mesh, browser)
    mesh.advance(LIFETIME + 1)
    assert 303 == browser.get("/files/").status_code
    enter(mesh, browser)
    mesh.crash(ALPHA)
    mesh.restart(ALPHA)
    assert 303 == browser.get("/files/").status_code
    enter(mesh, browser)
    (session,) = [s for s in mesh.site(ALPHA).kept(signin.Sessions).by_token.values()]
    browser.post("/signout", data={"csrf": session.csrf})

    assert {} == mesh.site(ALPHA).kept(signin.Sessions).by_token


def test_a_session_that_was_planted_is_not_taken_up(mesh, browser):
    """Whoever signs in gets a new cookie, and the old one opens nothing."""
    name = signin.session_cookie(mesh.site(ALPHA))
    enter(mesh, browser)
    before = browser.cookies[name]
    with mesh.client("other.example", base_url=f"https://{ALPHA}") as victim:
        victim.cookies.set(name, "planted", domain=ALPHA)
        enter(mesh, victim)
        given = {cookie.value for cookie in victim.cookies.jar if cookie.name == name}
    assert "planted" not in mesh.site(ALPHA).kept(signin.Sessions).by_token
    assert before not in given
    with mesh.client("attacker.example", base_url=f"https://{ALPHA}") as attacker:
        assert 303 == attacker.get("/files/", headers={"cookie": f"{name}=planted"}).status_code


def test_a_form_of_another_site_signs_nobody_in(mesh, browser):
    """The visitor's own cookie and the form must agree, whichever of them is missing or forged."""
    password = mesh.people(ALPHA).password("alice")
    data = {"user": "alice", "password": password}
    browser.get("/signin")

    assert 403 == browser.post("/signin", data=data).status_code
    assert 403 == browser.post("/signin", data={**data, "csrf": "guess"}).status_code
    browser.cookies.clear()
    assert 403 == browser.post("/signin", data={**data, "csrf": ""}).status_code
    assert 403 == browser.post("/signin", data={**data, "csrf": "guess"}).status_code


def test_guessing_is_held_up_and_the_right_password_too_until_then(mesh, browser):
    """After ten failures the answer says how long; another caller and an app password are not held up."""
    right = mesh.people(ALPHA).password("alice")
    _, app = mesh.site(ALPHA).passwords.create("alice", "rclone")
    for _ in range(FAILURES["user and caller"]):
        assert 401 == enter(mesh, browser, "guess").status_code
    held = enter(mesh, browser, right)
    assert 429 == held.status_code
    assert 0 < int(held.headers["retry-after"]) <= WINDOW
    assert "15 minutes" in held.text
    assert 429 == browser.get("/api/me", auth=("alice", right)).status_code
    assert 200 == browser.get("/api/me", auth=("alice", app)).status_code
    with mesh.client("home.example", base_url=f"https://{ALPHA}") as elsewhere:
        assert 303 == enter(mesh, elsewhere).status_code
    mesh.advance(WINDOW + 1)

    assert 303 == enter(mesh, browser).status_code


def test_guessing_one_name_after_the_other_is_held_up(mesh, browser):
    """A caller has a limit over all names, and a name over all callers."""
    for number in range(FAILURES["caller"]):
        browser.get("/api/me", auth=(f"user{number}", "guess"))
    assert 429 == browser.get("/api/me", auth=("bob", "guess")).status_code
    for number in range(FAILURES["user"]):
        with mesh.client(f"bot{number}.example", base_url=f"https://{ALPHA}") as bot:
            bot.get("/api/me", auth=("carol", "guess"))
    with mesh.client("one-more.example", base_url=f"https://{ALPHA}") as bot:
        assert 429 == bot.get("/api/me", auth=("carol", "guess")).status_code


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "evil",
        "",
        "/x\r\nSet-Cookie: a=b",
        "\\\\evil",
        "/\t/evil.example",
    ],
)
def test_nobody_is_sent_to_another_site(mesh, browser, there):
    """Only paths of this one are gone to."""
    assert "/" == enter(mesh, browser, there=there).headers["location"]
    assert "/" == local_path(there)
    assert "/accept-invite?token=a" == local_path("/accept-invite?token=a")
