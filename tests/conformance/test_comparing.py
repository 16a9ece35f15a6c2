import json

import jsonschema
import pytest

from conformance import comparing, evidence
from meshsim import bundle
from tests.reports.conftest import cell


def report(*verdicts, finished=True, **more):
    """What a check said, one requirement after the other."""
    cells = [cell(f"OCM-A-{n}", verdict) for n, verdict in enumerate(verdicts) if verdict]
    run = {"target": "x", "version": "1", "draft": "d", "finished": finished}
    return {**run, "verdicts": cells, **more}


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("passed", "failed", "worse"),
        ("passed", "warning", "worse"),
        ("warning", "failed", "worse"),
        ("inconclusive", "failed", "worse"),
        ("passed", "blocked", "worse"),
        ("failed", "passed", "better"),
        ("error", "warning", "better"),
        ("passed", "unsupported", "changed"),
        ("failed", "unsupported", "changed"),
        ("failed", "blocked", "changed"),
        ("unsupported", "passed", "changed"),
        ("", "failed", "new"),
        ("failed", "", "gone"),
    ],
)
def test_what_became_of_a_verdict(before, after, kind):
    """Only what is bad now, and was not, is worse."""
    found = comparing.compare(report(before), report(after))
    jsonschema.validate(found, json.loads((bundle.root() / "reports/schemas/diff.json").read_text()))

    assert [kind] == [name for name in ("worse", "better", "changed", "new", "gone") if found[name]]
    assert (kind != "worse") == found["ok"]


def test_what_is_the_same_is_not_told():
    """Even if the reason reads otherwise."""
    found = comparing.compare(report("failed"), report("failed"))

    assert [] == [row for kind in ("worse", "better", "changed", "new", "gone") for row in found[kind]]


def test_a_second_run_that_did_not_finish_is_not_well():
    """Nothing can be said of what is missing."""
    assert not comparing.compare(report("passed"), report("passed", finished=False))["ok"]


@pytest.mark.parametrize("text", ["", "[]", '{"verdicts": 3}', '{"target": "x"}', "PK no zip"])
def test_what_is_neither_bundle_nor_report_is_told(text, tmp_path):
    """With the name of the file."""
    path = tmp_path / "x.json"
    path.write_text(text)

    with pytest.raises(evidence.Unreadable, match=r"x\.json"):
        comparing.load(str(path))
