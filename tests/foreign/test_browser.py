"""Two people in two browsers, from an invite to a file: wide and narrow, with TLS and scripts and without."""

import os
from urllib.parse import quote

import pytest
from selenium.webdriver.common.keys import Keys

from tests.foreign.programs import Served, need, need_axe, trust

WIDTHS = {"desktop": (1100, 900), "phone": (360, 740)}


class Browser:
    """Chromium on one page at a time; every page is looked at as it comes."""

    def __init__(self, place, width, scripts, home=None, *more):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        chromium, driver = need("chromium", "chromedriver")
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        words = ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars")
        for word in (*words, *more):
            options.add_argument(f"--{word}")
        settings = {"download.default_directory": str(place)}
        if not scripts:
            settings["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", settings)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.place = place
        env = {**os.environ, "HOME": str(home)} if home else None
        self.driver = webdriver.Chrome(options=options, service=Service(driver, env=env))
        self.driver.set_page_load_timeout(180)
        wide, high = WIDTHS[width]
        screen = {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": width == "phone"}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        self.shots = 0

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def open(self, url):
        self.driver.get(url)
        self.look()

    def fill(self, label, text):
        """Type into the field of that label, as somebody would who reads it."""
        labels = [e for e in self.driver.find_elements("tag name", "label") if e.text.startswith(label)]
        assert labels, f"no field {label!r} on {self.driver.current_url}"
        field = self.find(f"#{labels[0].get_attribute('for')}")
        field.clear()
        field.send_keys(text)

    def press(self, label, inside=""):
        """A button or a link by what stands on it; in the row that says `inside`."""
        around = [self.find("body")]
        if inside:
            around = [
                row for row in self.driver.find_elements("css selector", "li, tr") if inside in row.text
            ]
        found = [
            element
            for row in around
            for element in row.find_elements("css selector", "button, a")
            if label in (element.text.strip().split("\n")[0], element.get_attribute("title"))
        ]
        assert found, f"no {label!r} on {self.driver.current_url}"
        before = self.page()
        found[0].click()
        self.arrive(before)

    def arrive(self, before):
        """Wait for the page after `before`, and look at it."""
        self.wait(before)
        self.look()

    def wait(self, before):
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

        # While one page gives way to the next, the driver may answer with errors of its own.
        wait = WebDriverWait(self.driver, 180, ignored_exceptions=[WebDriverException])
        wait.until(lambda _: self.page() not in (None, before))

    def page(self):
        """What tells one page from the next; None until it is all there."""
        return self.driver.execute_script(
            "return document.readyState == 'complete' ? performance.timeOrigin : null"
        )

    def text(self):
        return self.find("body").text

    def look(self):
        """Nothing is wider than the screen, nothing was refused by the page's policy; a picture is kept."""
        self.shots += 1
        self.driver.save_screenshot(str(self.place / f"{self.shots:02}.png"))
        width, most = self.driver.execute_script(
            "return [document.documentElement.scrollWidth, window.innerWidth]"
        )
        assert width <= most, f"{self.driver.current_url} is {width} wide on a screen of {most}"
        assert "en" == self.find("html").get_attribute("lang")
        assert 1 == len(self.driver.find_elements("tag name", "h1"))
        wrong = [entry["message"] for entry in self.driver.get_log("browser")]
        assert [] == wrong

    def examine(self, axe, scheme):
        """What keeps some people from using the page must be nothing."""
        # Without motion, or one colour would be seen on its way to the other.
        wanted = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        media = {"features": [{"name": name, "value": value} for name, value in wanted.items()]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        self.driver.execute_script(axe)
        found = self.driver.execute_async_script("axe.run().then(arguments[0])")
        assert found["passes"]
        barriers = [
            (wrong["id"], node["html"], node["failureSummary"])
            for wrong in found["violations"]
            for node in wrong["nodes"]
        ]
        assert [] == barriers, self.driver.current_url

    def focus(self):
        return self.driver.switch_to.active_element

    def tab_to(self, label):
        """Go on with the Tab key until something of that name has the focus; the names on the way."""
        stops = []
        for _ in range(40):
            self.focus().send_keys(Keys.TAB)
            focus = self.focus()
            stops.append(focus.accessible_name)
            assert "none" != focus.value_of_css_property("outline-style"), stops[-1]
            if stops[-1] == label:
                return stops
        raise AssertionError(f"no {label!r} among {stops}")

    def sign_in(self, user):
        self.fill("Name", user.name)
        self.fill("Password", user.password)
        self.press("Sign in")


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """Two sites with TLS, and the home of a user whose browser trusts the authority that was printed."""
    place = tmp_path_factory.mktemp("secure")
    need("certutil")
    running = Served(place, "--port", "0", "--tls")
    trust(place, running.told["ca"])
    yield running, place
    running.stop()


@pytest.fixture(params=["desktop", "phone"])
def world(request, served, tmp_path):
    """Sites, and two browsers alike: on a desktop with TLS and scripts, on a phone with neither."""
    wide, home = request.param == "desktop", None
    if wide:
        served, home = request.getfixturevalue("secure")
    opened = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        opened.append(Browser(tmp_path / name, request.param, wide, home))
    yield served, opened
    for browser in opened:
        browser.driver.quit()


def test_two_people_meet_and_share_a_file(world, request, tmp_path):
    """Invite, follow the link, pick the other site, sign in, accept, share, see it arrive, accept, open."""
    served, (one, other) = world
    number = 2 if "desktop" in request.node.name else 3
    alice, bob = served.user(0, number), served.user(1, number)
    name = f"results {number}.txt"
    (tmp_path / name).write_text("It works.")

    one.open(alice.site)
    one.sign_in(alice)
    one.find("#file").send_keys(str(tmp_path / name))
    one.press("Upload")
    assert f"{name} was uploaded." in one.text()
    one.press("Contacts")
    one.fill("Note", "for our paper")
    one.press("Make an invite")

    other.open(one.find(".copy").text)
    assert "for our paper" in other.text()
    if number == 2:
        other.press("Choose", inside=bob.site.partition("://")[2])
    else:
        other.fill("Your server", bob.address)
        other.press("Go there")
    other.sign_in(bob)
    other.press("Accept")
    assert "is now your contact" in other.text()
    assert alice.address in other.text()
    one.open(f"{alice.site}/contacts")
    assert bob.address in one.text()

    one.press("Files")
    one.press("Share", inside=name)
    one.fill("With", bob.address)
    one.press("Share")
    assert f"{name} is shared with {bob.address}" in one.text()
    other.press("Shared with me")
    assert "can read" in other.text()
    other.press("Accept", inside=name)
    assert f"You accepted {name}." in other.text()
    href = other.find("main a.button").get_attribute("href")
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in other.driver.get_cookies())
    got = bob.http.get(href, auth=None, headers={"cookie": cookies})
    assert ("It works.", "attachment") == (got.text, got.headers["content-disposition"].partition(";")[0])
    one.open(f"{alice.site}/given")
    assert "accepted" in one.text()
    one.press("Unshare", inside=name)
    other.open(f"{bob.site}/received")
    assert name not in other.text()
    other.press("Sign out")
    other.open(f"{bob.site}/files/")
    assert other.driver.current_url.startswith(f"{bob.site}/signin")


@pytest.fixture
def one(served, tmp_path):
    """A browser on a desktop."""
    browser = Browser(tmp_path, "desktop", True)
    yield browser
    browser.driver.quit()


def test_people_use_a_page_with_the_keyboard_alone(served, one):
    """The first stop leads past the menu; what has the focus shows it, and Enter does what a click would."""
    alice = served.user(0, 4)
    one.open(f"{alice.site}/files/")
    for label, text in (("Name", alice.name), ("Password", alice.password)):
        one.tab_to(label)
        one.focus().send_keys(text)
    before = one.page()
    one.focus().send_keys(Keys.ENTER)
    one.arrive(before)
    stops = one.tab_to("Apps and devices")

    assert "Skip to content" == stops[0]
    assert ["Files", "Shared with me", "Shared by me", "Contacts"] == stops[-5:-1]
    before = one.page()
    one.focus().send_keys(Keys.ENTER)
    one.arrive(before)
    assert one.driver.current_url == f"{alice.site}/access"


@pytest.mark.parametrize(("width", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_nothing_on_a_page_keeps_people_from_using_it(served, tmp_path, width, scheme):
    """What axe knows of WCAG 2.2 AA, by day and by night, on every page, also where something went wrong."""
    axe = need_axe()
    alice, bob = served.user(0, 5), served.user(1, 5)
    name = f"{width} barriers.txt"
    alice.put(name, b"x")
    alice.give(name, bob)
    alice.ask("POST", "/api/invites", json={"description": width})
    (taken,) = [s for s in bob.ask("GET", "/api/shares/received")["shares"] if s["name"] == name]
    browser = Browser(tmp_path, width, True)
    try:
        browser.driver.get(f"{bob.site}/signin")
        browser.examine(axe, scheme)
        browser.sign_in(bob)
        for path in ("files/", "files/papers", "received", f"received/{quote(taken['key'])}/files/", "given"):
            browser.driver.get(f"{bob.site}/{path}")
            browser.examine(axe, scheme)
        for path in ("contacts", "access", "share/notes.txt", "delete/notes.txt", "nowhere"):
            browser.driver.get(f"{bob.site}/{path}")
            browser.examine(axe, scheme)
        browser.driver.get(f"{bob.site}/share/notes.txt")
        browser.fill("With", "nobody")
        before = browser.page()
        browser.find("main form button").click()
        browser.wait(before)
        assert "nobody" in browser.find("#with").get_attribute("value")
        browser.examine(axe, scheme)
        browser.driver.get(alice.ask("GET", "/api/invites")["invites"][-1]["inviteLink"])
        browser.examine(axe, scheme)
    finally:
        browser.driver.quit()
