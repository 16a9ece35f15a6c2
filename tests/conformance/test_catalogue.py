from collections import Counter

import pytest

from conformance import catalogue

EVERY = {**catalogue.requirements(), **catalogue.beyond()}


def test_every_requirement_has_a_severity():
    """And none of the three is a word for a level."""
    counted = Counter((found.level.removesuffix(" NOT"), found.severity) for found in EVERY.values())

    assert {"breaks", "degrades", "harmless"} == {severity for _, severity in counted}
    for level in ("MUST", "SHOULD"):
        assert {"breaks", "degrades", "harmless"} == {severity for word, severity in counted if word == level}


@pytest.mark.parametrize("weight", catalogue.weights(), ids=lambda weight: weight.ids[0])
def test_what_weighs_otherwise_has_a_reason_and_is_not_said_twice(weight):
    """Requirements that there are, and another severity than the rule has."""
    assert len(weight.reason.split()) > 5
    for name in weight.ids:
        assert EVERY[name].usual != weight.severity == EVERY[name].severity, name
        assert 1 == [n for other in catalogue.weights() for n in other.ids].count(name)


def test_a_severity_is_told_in_a_report():
    """Whatever the level is."""
    assert ("SHOULD", "breaks") == (catalogue.level("OCM-SHARE-001"), catalogue.severity("OCM-SHARE-001"))
    assert "breaks" == catalogue.told("OCM-DISC-001")["severity"]
