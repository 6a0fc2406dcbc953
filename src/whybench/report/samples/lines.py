"""Strips of curves as SVG: one file a method with a view for each sample, and one of a block to lie behind them all."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from whybench.leaderboard.markup import printable
from whybench.plots.labels import label
from whybench.report.samples.panels import Curve, Panel

Whole = np.ndarray[Any, np.dtype[np.int64]]

UNIT = 2
"""Units of a drawing for a pixel of the page."""
SLACK = 2
"""Units by which a drawn line may miss a point: a pixel."""
WIDE, HIGH = 96, 56
"""Pixels of one panel's plane."""
LEFT, ABOVE, RIGHT, BELOW = 27, 13, 6, 12
CELL = ABOVE + HIGH + BELOW

OWN, CONTROL, MIDDLE = "#0173b2", "#606060", "#c06000"


def width(panels: Sequence[Panel]) -> int:
    """Pixels of one sample's panels side by side."""
    return len(panels) * (LEFT + WIDE + RIGHT)


def own_strip(panels: Sequence[Panel], found: Sequence[Mapping[str, Curve]], samples: Sequence[str]) -> str:
    """One method's curves: those of panel k are `found[k]`."""
    style = f'fill="none" stroke="{OWN}" stroke-width="{2 * UNIT}" stroke-linejoin="round"'
    return _file(panels, samples, [f"<g {style}>", *_paths(panels, found, samples), "</g>"])


def back_strip(panels: Sequence[Panel], samples: Sequence[str]) -> str:
    """Axes, and the curves to compare with: dashes for the best control, dots for the method in the middle."""
    axes = [_axes(panel, k) for k, panel in enumerate(panels)]
    again = [f'<use href="#axes" y="{UNIT * CELL * row}"/>' for row in range(1, len(samples))]
    body = ['<g id="axes">', *axes, "</g>", *again]
    for colour, dashes, methods in (
        (CONTROL, "8 4", [p.control for p in panels]),
        (MIDDLE, "2 4", [p.middle for p in panels]),
    ):
        found = [p.curves.get(m, {}) if m else {} for p, m in zip(panels, methods, strict=True)]
        body.append(f'<g fill="none" stroke="{colour}" stroke-width="3" stroke-dasharray="{dashes}">')
        body += _paths(panels, found, samples)
        body.append("</g>")
    return _file(panels, samples, body)


def _paths(panels: Sequence[Panel], found: Sequence[Mapping[str, Curve]], samples: Sequence[str]) -> list[str]:
    """One path a sample that has curves."""
    drawn = (
        "".join(
            path(panel, curves[sample], k, row)
            for k, (panel, curves) in enumerate(zip(panels, found, strict=True))
            if sample in curves
        )
        for row, sample in enumerate(samples)
    )
    return [f'<path d="{each}"/>' for each in drawn if each]


def path(panel: Panel, curve: Curve, k: int, row: int) -> str:
    """A curve as a path in whole units: its start, then steps."""
    left, right, low, high = panel.spans
    across = (curve[0] - left) / ((right - left) or 1)
    up = (curve[1] - low) / (high - low) if high > low else np.full_like(curve[1], 0.5)
    x0, y0 = corner(k, row)
    x = np.rint(x0 + across * WIDE * UNIT).astype(np.int64)
    y = np.rint(y0 + (1 - up) * HIGH * UNIT).astype(np.int64)
    x, y = straight(x, y)
    steps = "".join(f"{dx} {dy} " for dx, dy in zip(np.diff(x), np.diff(y), strict=True)).replace(" -", "-")
    return f"M{x[0]} {y[0]}l{steps.strip()}"


def straight(x: Whole, y: Whole) -> tuple[Whole, Whole]:
    """The points without which the line would pass more than SLACK units above or below one of them.

    >>> straight(np.array([0, 4, 8, 12]), np.array([0, 1, 2, 9]))[0].tolist()
    [0, 8, 12]
    """
    kept, start = [0], 0
    for end in range(2, len(x)):
        run = slice(start + 1, end)
        rise = (y[end] - y[start]) / ((x[end] - x[start]) or 1)
        if np.abs(y[start] + rise * (x[run] - x[start]) - y[run]).max() > SLACK:
            start = end - 1
            kept.append(start)
    kept.append(len(x) - 1)
    return x[kept], y[kept]


def corner(k: int, row: int) -> tuple[int, int]:
    """The upper left corner of a panel's plane, in units."""
    return UNIT * (k * (LEFT + WIDE + RIGHT) + LEFT), UNIT * (row * CELL + ABOVE)


def _axes(panel: Panel, k: int) -> str:
    left, right, low, high = panel.spans
    x, y = corner(k, 0)
    wide, high_units = UNIT * WIDE, UNIT * HIGH
    name = escape(label(printable(", ".join(panel.names)), 20))
    zero = round(y + high_units * high / (high - low)) if low < 0 < high else None
    return "".join(
        (
            f'<path class="g" d="M{x} {y}h{wide}v{high_units}h-{wide}z"/>',
            f'<path class="g" d="M{x} {zero}h{wide}"/>' if zero is not None else "",
            f'<text x="{x}" y="{y - 8}">{name}</text>',
            f'<text class="e" x="{x - 5}" y="{y + 15}">{_tick(high, high - low)}</text>',
            f'<text class="e" x="{x - 5}" y="{y + high_units}">{_tick(low, high - low)}</text>',
            f'<text x="{x}" y="{y + high_units + 18}">{_tick(left, right - left)}</text>',
            f'<text class="e" x="{x + wide}" y="{y + high_units + 18}">{_tick(right, right - left)}</text>',
        )
    )


def _tick(value: float, span: float) -> str:
    """A number beside an axis; what is nothing on that axis is 0."""
    return "0" if abs(value) < span / 200 else f"{value:.2g}"


def _file(panels: Sequence[Panel], samples: Sequence[str], body: Sequence[str]) -> str:
    across, down = width(panels), CELL
    views = [
        f'<view id="s{row}" viewBox="0 {UNIT * CELL * row} {UNIT * across} {UNIT * CELL}"/>'
        for row in range(len(samples))
    ]
    size = f'width="{across}" height="{down * len(samples)}"'
    box = f'viewBox="0 0 {UNIT * across} {UNIT * down * len(samples)}"'
    style = (
        "<style>text{font:18px 'DejaVu Sans',Verdana,sans-serif;fill:#444}"
        ".e{text-anchor:end}.g{fill:none;stroke:#ddd;stroke-width:2}</style>"
    )
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>', style, *views, *body, "</svg>"]) + "\n"
