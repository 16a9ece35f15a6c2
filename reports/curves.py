"""Curves over time as SVG, to stand in a page: no script, no font, no network; readable without colours."""

from collections.abc import Mapping, Sequence
from html import escape
from math import floor, log10

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 26, 30
COLOURS = ("#b4451f", "#1f6fb4", "#3f7f3f", "#7a4fa3")
DASHES = ("", "6 3", "2 3", "8 3 2 3")

Point = tuple[float, float]


def drawn(title: str, series: Mapping[str, Sequence[Point]], marks: Sequence[tuple[float, str]] = ()) -> str:
    """One picture; `marks` are moments at which something happened, and are numbered."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    first, last = (min(xs), max(xs)) if xs else (0.0, 1.0)
    last = last if last > first else first + 1
    top = _nice(max(ys, default=0.0) or 1.0)

    def place(point: Point) -> str:
        x = LEFT + (point[0] - first) / (last - first) * (WIDTH - LEFT - RIGHT)
        y = HEIGHT - BOTTOM - min(point[1], top) / top * (HEIGHT - TOP - BOTTOM)
        return f"{x:.1f},{y:.1f}"

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<text x="{LEFT}" y="14" class="title">{escape(title)}</text>',
    ]
    for step in range(5):
        level = top * step / 4
        y = place((first, level)).partition(",")[2]
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{float(y) + 4:.1f}" class="axis end">{_short(level)}</text>')
        x = first + (last - first) * step / 4
        at = place((x, 0.0)).partition(",")[0]
        side, label = "end" if step == 4 else "middle", _time(x, last - first)
        parts.append(f'<text x="{at}" y="{HEIGHT - 10}" class="axis {side}">{label}</text>')
    for number, (x, told) in enumerate(marks, 1):
        at = place((x, 0.0)).partition(",")[0]
        parts.append(f'<line x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" class="mark"/>')
        parts.append(
            f'<text x="{at}" y="{TOP + 10}" class="axis"> {number}<title>{escape(told)}</title></text>'
        )
    for number, (name, points) in enumerate(series.items()):
        colour, dash = COLOURS[number % 4], DASHES[number % 4]
        line = " ".join(map(place, points))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.6"{dashed}/>')
        x = WIDTH - RIGHT - 92 * (len(series) - number)
        parts.append(
            f'<line x1="{x}" x2="{x + 22}" y1="10" y2="10" stroke="{colour}" stroke-width="2"{dashed}/>'
        )
        parts.append(f'<text x="{x + 27}" y="14" class="axis">{escape(name)}</text>')
    return "".join([*parts, "</svg>"])


def _nice(value: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 and so on."""
    base = 10.0 ** floor(log10(value))
    return next(step * base for step in (1, 2, 2.5, 5, 10) if value <= step * base * 1.0000001)


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:.4g}"


def _time(seconds: float, span: float) -> str:
    if span < 600:
        return f"{seconds:.3g} s"
    return f"{seconds / 3600:.3g} h" if span >= 7200 else f"{seconds / 60:.3g} min"
