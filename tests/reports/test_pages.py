import pytest
from jinja2 import UndefinedError

from reports import pages


def test_what_others_said_stays_text():
    """No markup but the template's own."""
    page = pages.environment().from_string("<p>{{ said }}</p>").render(said="<script>")

    assert "<p>&lt;script&gt;</p>" == page


def test_what_is_missing_is_an_error():
    """And no gap in a page."""
    with pytest.raises(UndefinedError):
        pages.environment().from_string("{{ nothing }}").render()
