"""The page of a check in a browser: read from a file, on a desktop and on a phone, by day and by night."""

import pytest

from conformance import check, evidence
from conformance.targets import load
from reports import html
from tests.foreign.programs import need_axe
from tests.foreign.test_browser import WIDTHS, Browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page with failures, things that wait for them, and passes."""
    words = ["test_a_share_is_taken", "test_keys", "test_access", "stranger"]
    report, suite = check.run(load("mutant:share-status-200"), only=words)
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(html.render(evidence.record(report, suite)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(params=WIDTHS)
def browser(request, tmp_path):
    """One that takes the page as it lies on a disk."""
    made = Browser(tmp_path, request.param, True)
    yield made
    made.driver.quit()


def seen(browser, selector):
    """How many of these somebody sees."""
    return sum(found.is_displayed() for found in browser.driver.find_elements("css selector", selector))


def test_a_page_can_be_read_filtered_and_followed(page, browser):
    """It fits the screen; a box takes verdicts away; a link leads to a requirement and unfolds it."""
    browser.open(page)
    before = seen(browser, ".w-passed")
    browser.find("#f-passed").click()
    after = seen(browser, ".w-passed")
    browser.find("#f-passed").click()
    browser.find('a[href="#OCM-SHARE-111"]').click()

    assert before > 0
    assert 0 == after
    assert browser.find('[id="OCM-SHARE-111"]').is_displayed()
    assert "shareWith" not in browser.text()
    folded = browser.find('[id="OCM-SHARE-111"]').find_elements("css selector", ".ex > summary")
    post = next(summary for summary in folded if "POST" in summary.text)
    browser.driver.execute_script(
        "arguments[0].click()", post
    )  # the page may still be on its way to the link
    assert "shareWith" in browser.text()
    browser.look()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_from_reading_it(page, browser, scheme):
    """What axe knows of WCAG 2.2 AA, by day and by night."""
    axe = need_axe()
    browser.open(page)
    browser.driver.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")

    browser.examine(axe, scheme)
    browser.look()
