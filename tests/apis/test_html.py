"""Pages are made of templates that escape, and of files whose address changes with them."""

import math
import re

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


def luminance(colour, hue):
    """Relative luminance (WCAG 2.2) of a colour of the stylesheet, at a hue in degrees."""
    if found := re.fullmatch(r"oklch\(([\d.]+) ([\d.]+) var\(--hue\)\)", colour):
        light, chroma = float(found[1]), float(found[2])
        a, b = (chroma * turn(math.radians(hue)) for turn in (math.cos, math.sin))
        # Björn Ottosson's matrices, by which CSS Color 4 defines oklch().
        long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
        middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
        linear = (
            4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
        )
        red, green, blue = (min(max(value, 0), 1) for value in linear)
    else:
        digits = colour.removeprefix("#")
        digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
        values = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        *((text, ground, 4.5) for text in ("ink", "soft", "accent") for ground in ("paper", "card")),
        ("on-accent", "accent", 4.5),
        ("on-accent", "accent-strong", 4.5),
        ("accent-strong", "accent-soft", 4.5),
        ("ink", "accent-soft", 4.5),
        ("wrong", "card", 4.5),
        ("ink", "wrong-soft", 4.5),
        ("card", "wrong", 4.5),
        ("edge", "card", 3.0),
        ("edge", "paper", 3.0),
    ],
)
def test_every_site_can_be_read_whatever_its_colour(scheme, text, ground, least):
    """Text and the edges of fields stand out as WCAG 2.2 AA demands, in light and dark, at every hue."""
    blocks = re.findall(r":root \{(.*?)\}", (html.TEMPLATES / "style.css").read_text(), re.DOTALL)
    colours = {}
    for block in blocks[: scheme + 1]:
        colours |= dict(re.findall(r"--([a-z-]+): ([^;]+);", block))
    for hue in range(0, 360, 5):
        one, other = sorted((luminance(colours[text], hue), luminance(colours[ground], hue)))
        assert (other + 0.05) / (one + 0.05) >= least, hue
