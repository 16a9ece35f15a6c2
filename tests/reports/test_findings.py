from reports import findings
from tests.reports.conftest import cell, exchange


def test_what_ended_alike_by_one_message_is_one_finding(made):
    """The nearest to the root is named first, and the worst severity counts."""
    cells = [
        cell("OCM-SIG-029", exchanges=[1, 2, 3]),
        cell("OCM-SHARE-111", severity="degrades"),
        cell("OCM-SHARE-112", reason="expected 400, got 201"),
    ]
    found = findings.findings(made(cells, [exchange(1), exchange(2), exchange(3)]))

    assert [["OCM-SHARE-111", "OCM-SIG-029"], ["OCM-SHARE-112"]] == [f.requirements for f in found]
    assert "breaks" == found[0].severity


def test_the_worst_comes_first(made):
    """First by verdict, then by severity."""
    cells = [
        cell("OCM-A-1", "warning"),
        cell("OCM-A-2", severity="degrades", reason="a"),
        cell("OCM-A-3", "passed"),
        cell("OCM-A-4", reason="b"),
    ]
    found = findings.findings(made(cells))

    assert ["OCM-A-4", "OCM-A-2", "OCM-A-1"] == [f.requirements[0] for f in found]


def test_the_root_of_what_is_blocked_is_one_finding(made):
    """Whatever was asked in vain."""
    cells = [cell(f"OCM-A-{n}", "blocked", "no discovery", exchanges=[n]) for n in range(1, 5)]
    entries = [exchange(n, url=f"https://x.example/{n}") for n in range(1, 5)]

    assert 1 == len(findings.findings(made(cells, entries)))


def test_the_message_is_what_was_done_and_no_look_at_keys():
    """The site fetches keys after it was asked."""
    entries = {
        1: exchange(1, method="GET", url="https://x.example/.well-known/ocm"),
        2: exchange(2),
        3: exchange(3, method="GET", url="https://peer.example/keys", by_site=True),
    }

    assert 2 == findings.telling(cell(exchanges=[1, 2, 3]), entries)["_number"]
    assert 1 == findings.telling(cell(exchanges=[1, 3]), entries)["_number"]
    assert findings.telling(cell(exchanges=[9]), entries) is None


def test_a_hint_says_what_others_did_wrong_and_how_to_look_closer(made):
    """Or what else has to be done."""
    record = made([cell(), cell("OCM-A-1", "blocked"), cell("OCM-A-2", "error", "boom")])
    told = {f.verdict: findings.hint(f, record) for f in findings.findings(record)}

    assert "It says 200." in told["failed"][0]
    assert "meshsim check https://x.example --only test_a_share_is_taken" == told["failed"][1]
    assert "repair this first" in told["blocked"][0]
    assert "report it" in told["error"][0]


def test_a_pass_that_nobody_expected_is_a_finding(made):
    """What is known to fail, and does not, has to be taken out of the list."""
    record = made(
        [cell("OCM-A-1", "passed", "passed unexpectedly; take it out"), cell("OCM-A-2", "passed", "")]
    )
    (found,) = findings.findings(record)

    assert ["OCM-A-1"] == found.requirements
    assert "take it out of the expectations" in findings.hint(found, record)[0]


def test_areas_and_severities_are_counted(made):
    """Each verdict once in each."""
    record = made([cell(), cell("OCM-TOK-001", "passed", severity="degrades"), cell("OCM-NEW-1")])

    assert {"Shares": 1, "Tokens": 0, "NEW": 1} == {
        area: row["failed"] for area, row in findings.areas(record).items()
    }
    assert 1 == findings.severities(record)["degrades"]["passed"]


def test_the_conclusion_is_one_sentence(made):
    """Broken, not judged, not finished, or well."""
    told = [
        findings.conclusion(record)
        for record in (
            made([cell(), cell(reason="x")]),
            made([cell(verdict="passed")]),
            made([cell(verdict="blocked")]),
            made([cell(verdict="unsupported")]),
            made([cell(verdict="error")], finished=False),
        )
    ]

    assert [
        "1 requirement broken",
        "No requirement that was judged is broken",
        "Nothing is known to be broken, but not all could be judged",
        "Nothing was judged",
        "The run did not finish: 1 of 1 verdicts are missing",
    ] == told
