"""Pages are made of escaped parts."""

import pytest

from meshsim.apis import html

EVIL = '"><script>alert(1)</script>&'


@pytest.mark.parametrize(
    "made",
    [
        html.section(EVIL),
        html.note(EVIL),
        html.field(EVIL, "name", EVIL),
        html.button("/x", EVIL, EVIL, share=EVIL),
        html.button(EVIL, "x"),
        html.listed([], EVIL),
    ],
)
def test_nothing_from_outside_is_markup(made):
    """Names of people and files come from other servers."""
    assert "<script>" not in made
    assert "&lt;script&gt;" in made


def test_a_page_has_a_title_and_its_parts(mesh):
    """And the status it was given."""
    page = html.page(mesh.site(mesh.hosts[0]), EVIL, html.note("hello"), status=404)

    assert 404 == page.status
    assert b"hello" in page.body
    assert b"<script>" not in page.body


def test_a_redirect_turns_a_form_into_a_page():
    """303, with a cookie if there is one."""
    assert (303, "/x") == (html.redirect("/x").status, html.redirect("/x").headers["location"])
    assert "a=b" == html.redirect("/x", "a=b").headers["set-cookie"]
