"""Two people in two browsers, from an invite to a file: wide and narrow, with and without scripts."""

import pytest

from tests.foreign.programs import need

WIDTHS = {"desktop": (1100, 900), "phone": (360, 740)}


class Browser:
    """Chromium on one page at a time; every page is looked at as it comes."""

    def __init__(self, place, width, scripts):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        chromium, driver = need("chromium", "chromedriver")
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for word in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars"):
            options.add_argument(f"--{word}")
        settings = {"download.default_directory": str(place)}
        if not scripts:
            settings["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", settings)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.place = place
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.driver.set_page_load_timeout(30)
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
        from selenium.common.exceptions import WebDriverException
        from selenium.webdriver.support.ui import WebDriverWait

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
        # While one page gives way to the next, the driver may answer with errors of its own.
        wait = WebDriverWait(self.driver, 20, ignored_exceptions=[WebDriverException])
        wait.until(lambda _: self.page() not in (None, before))
        self.look()

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

    def sign_in(self, user):
        self.fill("Name", user.name)
        self.fill("Password", user.password)
        self.press("Sign in")


@pytest.fixture(params=[("desktop", True), ("phone", False)], ids=["desktop", "phone-without-scripts"])
def browsers(request, tmp_path):
    """Two of them, alike."""
    opened = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        opened.append(Browser(tmp_path / name, *request.param))
    yield opened
    for browser in opened:
        browser.driver.quit()


def test_two_people_meet_and_share_a_file(served, browsers, request, tmp_path):
    """Invite, follow the link, pick the other site, sign in, accept, share, see it arrive, accept, open."""
    number = 2 if "desktop" in request.node.name else 3
    alice, bob = served.user(0, number), served.user(1, number)
    one, other = browsers
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
