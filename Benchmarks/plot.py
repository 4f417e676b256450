"""Plots as SVG, without a library: panels side by side, light and dark as the reader's page is."""

import math
from dataclasses import dataclass
from html import escape

PANEL, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 400, 290, 62, 26, 66, 46
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #52514e } .title { font-weight: 600; fill: #0b0b0b }
.grid { stroke: #e1e0d9 } .axis { stroke: #c3c2b7 } .edge { stroke: #fcfcfb; stroke-width: 2 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.ground { fill: #fcfcfb } .s0 { stroke: #2a78d6 } .s1 { stroke: #eb6834 } .s2 { stroke: #1baf7a }
.d0 { fill: #2a78d6 } .d1 { fill: #eb6834 } .d2 { fill: #1baf7a }
@media (prefers-color-scheme: dark) {
text { fill: #c3c2b7 } .title { fill: #ffffff }
.grid { stroke: #2c2c2a } .axis { stroke: #383835 } .edge { stroke: #1a1a19 }
.ground { fill: #1a1a19 } .s0 { stroke: #3987e5 } .s1 { stroke: #d95926 } .s2 { stroke: #199e70 }
.d0 { fill: #3987e5 } .d1 { fill: #d95926 } .d2 { fill: #199e70 }
}
"""


@dataclass(frozen=True)
class Panel:
    title: str
    across: str
    # By name: points (x, y).
    series: dict
    # Whether distances across are ratios.
    is_logarithmic: bool = True


def ticks(most, count=4):
    """From 0, at 1, 2 or 5 times a power of ten."""
    rough = max(most, 1e-9) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [i * step for i in range(math.ceil(most / step) + 1)]


def short(value):
    """12000: 12k; 0.5 stays as it is."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1_000:g}k" if value >= 10_000 else f"{value:,g}"


def places(panel, left):
    """Where values are: across and up."""
    xs = sorted({x for points in panel.series.values() for x, _ in points})
    highest = ticks(max(y for points in panel.series.values() for _, y in points))[-1]
    scale = math.log if panel.is_logarithmic else float
    first, last = scale(xs[0]), scale(xs[-1])

    def across(x):
        return left + LEFT + (PANEL - LEFT - RIGHT) * (scale(x) - first) / ((last - first) or 1)

    def up(y):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / highest

    return xs, highest, across, up


def axes(panel, left):
    xs, highest, across, up = places(panel, left)
    yield f'<text class="title" x="{left + 14}" y="22">{escape(panel.title)}</text>'
    for y in ticks(highest):
        kind = "axis" if y == 0 else "grid"
        yield (f'<line class="{kind}" x1="{left + LEFT}" x2="{left + PANEL - RIGHT}" y1="{up(y):.1f}" '
               f'y2="{up(y):.1f}"/>')
        yield f'<text x="{left + LEFT - 8}" y="{up(y) + 4:.1f}" text-anchor="end">{short(round(y, 9))}</text>'
    shown = -math.inf
    for x in xs:
        # Labels that would touch each other are left out.
        if across(x) - shown >= 34:
            shown = across(x)
            yield f'<text x="{shown:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{short(x)}</text>'
    middle = left + (LEFT + PANEL - RIGHT) / 2
    yield f'<text x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(panel.across)}</text>'


def curves(panel, left):
    _, _, across, up = places(panel, left)
    at = left + 14
    for index, (name, points) in enumerate(panel.series.items()):
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
        yield f'<polyline class="line s{index}" points="{path}"/>'
        for x, y in points:
            words = escape(f"{name + ': ' if name else ''}{y:,.4g} at {x:,g}")
            yield (f'<circle class="edge d{index}" cx="{across(x):.1f}" cy="{up(y):.1f}" r="4">'
                   f"<title>{words}</title></circle>")
        if len(panel.series) > 1:
            yield f'<circle class="d{index}" cx="{at + 4}" cy="40" r="4"/>'
            yield f'<text x="{at + 13}" y="44">{escape(name)}</text>'
            at += 26 + 6.6 * len(name)


def figure(panels, description):
    width = PANEL * len(panels)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" role="img">',
        f"<title>{escape(description)}</title><style>{STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{HEIGHT}" rx="8"/>',
    ]
    for index, panel in enumerate(panels):
        lines += [*axes(panel, index * PANEL), *curves(panel, index * PANEL)]
    return "\n".join([*lines, "</svg>"]) + "\n"
