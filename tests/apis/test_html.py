"""Pages are made of templates that escape, and of files whose address changes with them."""

import pytest

from meshsim.apis import html

EVIL = '"><script>alert(1)</script>&'


@pytest.fixture
def site(mesh):
    return mesh.site(mesh.hosts[0])


def made(site, **values):
    frame = {"csrf": EVIL, "notes": [], "person": None, "waiting": 0, "here": "/"}
    return html.page(site, "wrong", EVIL, reason=EVIL, problems=(), hint=EVIL, **frame, **values)


def test_nothing_from_outside_is_markup(site):
    """Names of people and files come from other servers."""
    page = made(site, status=404)

    assert 404 == page.status
    assert b"<script" not in page.body
    assert b"&lt;script&gt;" in page.body


def test_a_page_runs_nothing_and_loads_nothing_from_elsewhere(site):
    """No script, inline style or handler is in it, and none would be obeyed."""
    page = made(site)

    assert page.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'; img-src 'self'"
    )
    assert "form-action 'self'" in page.headers["content-security-policy"].split("; ")
    assert "DENY" == page.headers["x-frame-options"]
    for template in html.TEMPLATES.glob("*.html"):
        text = template.read_text()
        assert "<script" not in text
        assert " style=" not in text
        assert "|safe" not in text.replace(" ", "")
        assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', ""), template.name


def test_a_template_that_lacks_a_value_is_found_out(site):
    """Rather than showing a gap."""
    with pytest.raises(Exception, match="undefined"):
        html.page(site, "wrong", "title")


def test_files_of_pages_are_served_by_their_content_alone(mesh, site):
    """So that browsers may keep them; each site has a colour of its own."""
    path = html.asset("style.css")
    one, other = html.serve_asset(site, path), html.serve_asset(mesh.site(mesh.hosts[1]), path)

    assert "text/css" in one.headers["content-type"]
    assert "immutable" in one.headers["cache-control"]
    assert one.body != other.body
    for wrong in ("/assets/x/style.css", "/assets/style.css", path + "/", "/assets/../html.py", path[:-1]):
        assert html.serve_asset(site, wrong) is None


def test_a_redirect_turns_a_form_into_a_page():
    """303, with a cookie if there is one."""
    assert (303, "/x") == (html.redirect("/x").status, html.redirect("/x").headers["location"])
    assert "a=b" == html.redirect("/x", "a=b").headers["set-cookie"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_999_999, "10 MB"), (1_500_000_000_000_000, "1500 TB")],
)
def test_sizes_are_told_as_people_say_them(count, text):
    """Three digits are enough."""
    assert text == html.size(count)
