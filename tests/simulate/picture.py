"""Lines on two logarithmic axes, as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 460, 380
LEFT, TOP, RIGHT, BOTTOM = 66, 40, 96, 46
COLOURS = ("#1f77b4", "#2ca02c", "#b8860b", "#d62728", "#9467bd", "#555555")


@dataclass(frozen=True, slots=True)
class Line:
    """A name, its points, a colour by its number, and whether it is dashed."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: int
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram; `marks` of the axes are values and their words."""

    title: str
    x_title: str
    x_marks: Sequence[tuple[float, str]]
    y_marks: Sequence[tuple[float, str]]
    lines: Sequence[Line]


def svg(panels: Sequence[Panel]) -> str:
    whole = WIDTH * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" viewBox="0 0 {whole} {HEIGHT}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{whole}" height="{HEIGHT}" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate({number * WIDTH} 0)">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    xs, ys = [value for value, _ in panel.x_marks], [value for value, _ in panel.y_marks]

    def at(x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - log10(xs[0])) / (log10(xs[-1]) - log10(xs[0]))
        up = (log10(max(y, ys[0])) - log10(ys[0])) / (log10(ys[-1]) - log10(ys[0]))
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 20, panel.title, weight="bold"), _text(LEFT, HEIGHT - 8, panel.x_title)]
    for value, words in panel.x_marks:
        (x, low), (_, high) = at(value, ys[0]), at(value, ys[-1])
        parts += [_rule(x, low, x, high), _text(x, low + 15, words, anchor="middle")]
    for value, words in panel.y_marks:
        (left, y), (right, _) = at(xs[0], value), at(xs[-1], value)
        parts += [_rule(left, y, right, y), _text(left - 6, y + 4, words, anchor="end")]
    taken = list[float]()
    for line in panel.lines:
        places = [at(x, y) for x, y in line.points]
        dash = ' stroke-dasharray="4 3"' if line.dashed else ""
        colour = COLOURS[line.colour % len(COLOURS)]
        shape = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{shape}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        if line.name:
            x, y = places[-1][0], places[-1][1] + 4
            while any(abs(y - other) < 12 for other in taken):
                y -= 12
            taken.append(y)
            parts.append(_text(x + 6, y, line.name, colour=colour))
    return parts


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal", colour: str = "#222"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def power(objects: int) -> str:
    return "10" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(floor(log10(objects))))
