"""A load run as one page: all of it, escaped, and nothing that is fetched from elsewhere."""

import copy
import re

from lxml import html

from meshsim import bundle
from tests.reports.load_result import RESULT


def page(**changes):
    return bundle.load("reports", "load_page").render({**copy.deepcopy(RESULT), **changes})


def test_everything_that_counts_is_on_the_page():
    """Verdict, doubts, limits, findings, times, errors, peers, generator, environment, marks."""
    text = " ".join(html.fromstring(page()).text_content().split())

    for words in (
        "share: not ok",
        "Not valid.",
        "workers died: w1",
        "ledger.lost",
        "broken",
        "not measured",
        "share [S] is <gone>",
        "latency, from the instant a story was to begin",
        'share read: "503"',
        "127.66.0.1:1",
        "Fairness 0.900",
        "25 % of its core",
        "Worker w1 died",
        "seed 7",
        "Python 3.11",
        "1 at 1 s: =peer down",
    ):
        assert words in text, words


def test_a_page_stands_alone():
    """No script, no style, font or picture from anywhere; and it fits a phone."""
    text = page()
    there = html.fromstring(text)

    assert [] == there.xpath("//script|//link|//img|//iframe|//*[@src]|//*[@href]")
    assert not re.search(r"url\(|@import|https?://(?!localhost)", text)
    assert ["width=device-width, initial-scale=1"] == there.xpath("//meta[@name='viewport']/@content")
    assert 3 == len(there.xpath("//svg"))


def test_a_simulation_has_no_generator_and_a_good_run_no_complaints():
    """What does not apply is not shown."""
    good = copy.deepcopy(RESULT["ledger"]) | {"lost": 0, "findings": []}
    changes = {"simulated": True, "ok": True, "valid": True, "invalid": [], "errors": {}, "thresholds": []}
    text = html.fromstring(page(**changes, ledger=good, workers=[], seconds=[])).text_content()

    assert "in virtual time" in text
    drawn = page(simulated=True, traffic={"tokens": [[0, 1.0], [10, 5.0]]})
    assert 3 == len(html.fromstring(drawn).xpath("//svg"))
    assert "tokens" in drawn
    for words in ("Generator", "Not valid", "not ok"):
        assert words not in text
