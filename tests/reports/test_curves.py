"""Curves are SVG that any browser reads, whatever the values."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import curves

POINTS = st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e9)), max_size=5)


@given(
    st.dictionaries(st.text(max_size=5), POINTS, max_size=4),
    st.lists(st.tuples(st.floats(0, 1e6), st.text())),
)
def test_whatever_is_drawn_is_well_formed_and_within_its_frame(series, marks):
    """Also nothing at all, one point, and names full of markup."""
    allowed = str.maketrans("", "", "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])))
    clean = {name.translate(allowed): points for name, points in series.items()}
    told = [(x, name.translate(allowed)) for x, name in marks]
    root = ElementTree.fromstring(curves.drawn("<t>", clean, told))

    for line in root.iter("polyline"):
        for point in line.attrib["points"].split():
            y = float(point.partition(",")[2])
            assert 0 <= y <= curves.HEIGHT


def test_marks_and_series_are_named():
    """Marks by number, with what they are."""
    text = curves.drawn("Latency", {"p50": [(0.0, 1.0), (1.0, 3.0)]}, [(0.5, "peer down")])

    for words in ("Latency", "p50", "<title>peer down</title>", 'aria-label="Latency"'):
        assert words in text


@pytest.mark.parametrize(("value", "nice"), [(1.0, 1), (1.1, 2), (3, 5), (9, 10), (240, 250), (0.03, 0.05)])
def test_the_scale_ends_at_a_round_number(value, nice):
    """The next of 1, 2, 2.5, 5, 10."""
    assert nice == pytest.approx(curves._nice(value))
