"""Sessions: made with a password, ended by time or by hand, and never sent elsewhere."""

import pytest

from meshsim.apis import signin
from meshsim.apis.signin import LIFETIME, local_path

ALPHA = "alpha.example.org"


@pytest.fixture
def browser(mesh):
    with mesh.client(base_url=f"https://{ALPHA}") as client:
        yield client


def enter(mesh, browser, password=None, there="/"):
    password = mesh.people(ALPHA).password("alice") if password is None else password
    return browser.post("/signin", data={"user": "alice", "password": password, "next": there})


def test_a_password_opens_a_session(mesh, browser):
    """The cookie is for this site, this browser and this protocol only."""
    answer = enter(mesh, browser)
    cookie = answer.headers["set-cookie"]

    assert (303, "/") == (answer.status_code, answer.headers["location"])
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Lax"))
    assert 200 == browser.get("/").status_code


def test_a_wrong_password_opens_none(mesh, browser):
    """Nor does a name that does not exist; the answers are alike."""
    answers = [
        browser.post("/signin", data={"user": user, "password": "x"}) for user in ("alice", "nobody", "")
    ]

    assert {401} == {answer.status_code for answer in answers}
    assert 1 == len({answer.text for answer in answers})
    assert 303 == browser.get("/").status_code


def test_a_session_ends(mesh, browser):
    """By time, by signing out, and with the site's memory."""
    enter(mesh, browser)
    mesh.advance(LIFETIME + 1)
    assert 303 == browser.get("/").status_code
    enter(mesh, browser)
    mesh.crash(ALPHA)
    mesh.restart(ALPHA)
    assert 303 == browser.get("/").status_code
    enter(mesh, browser)
    (session,) = mesh.site(ALPHA).kept(signin.Sessions).by_token.values()
    browser.post("/signout", data={"csrf": session.csrf})

    assert {} == mesh.site(ALPHA).kept(signin.Sessions).by_token


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
    ],
)
def test_nobody_is_sent_to_another_site(mesh, browser, there):
    """Only paths of this one are gone to."""
    assert "/" == enter(mesh, browser, there=there).headers["location"]
    assert "/" == local_path(there)
    assert "/accept-invite?token=a" == local_path("/accept-invite?token=a")
