"""Maps side by side: rows of samples, columns of methods, in as many bands as the width of a page needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whybench.leaderboard.variants import Variant
from whybench.report.samples.rows import Tile, tile
from whybench.report.samples.scores import short
from whybench.report.samples.strips import Drawn, Strips

A_BAND = 10
"""Methods side by side."""


@dataclass(frozen=True)
class Head:
    """A method's column; link: its page."""

    name: str
    control: bool
    link: str


@dataclass(frozen=True)
class Shown:
    """One method's map of one sample; score: by the metric that the block is sorted by; link: its row of the page."""

    tile: Tile | None
    score: str
    link: str


@dataclass(frozen=True)
class Line:
    """One sample."""

    sample: str
    anchor: str
    label: str
    input: Tile | None
    maps: tuple[Shown, ...]


@dataclass(frozen=True)
class Band:
    """Some of the methods; first and last: their places among all."""

    first: int
    last: int
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]


def bands(
    strips: Strips,
    drawn: Mapping[Variant, Drawn],
    pages: Mapping[Variant, str],
    shown: Sequence[str],
) -> list[Band]:
    """All methods that have maps, dealt as evenly as possible; controls come last."""
    methods = [m for m in strips.samples.view.methods if (made := drawn.get(m)) is not None and made.maps]
    count = -(-len(methods) // A_BAND)
    size = -(-len(methods) // count) if count else 0
    return [_band(strips, drawn, pages, shown, methods[i : i + size], i) for i in range(0, len(methods), size or 1)]


def _band(
    strips: Strips,
    drawn: Mapping[Variant, Drawn],
    pages: Mapping[Variant, str],
    shown: Sequence[str],
    methods: Sequence[Variant],
    start: int,
) -> Band:
    samples, view = strips.samples, strips.samples.view
    heads = tuple(Head(view.method_names[m], m in view.controls, pages[m]) for m in methods)
    scores = {e.method: e.values for e in view.lead.entries} if view.lead else {}
    places = {s: k for k, s in enumerate(samples.shown)}
    lines = tuple(
        Line(
            sample=s,
            anchor=samples.anchors[s],
            label=samples.label(s),
            input=tile(strips.inputs, s, places[s]),
            maps=tuple(
                Shown(
                    tile(drawn[m].maps, s, places[s]),
                    short(found) if (found := scores.get(m, {}).get(s)) is not None else "",
                    f"{pages[m]}#{samples.anchors[s]}",
                )
                for m in methods
            ),
        )
        for s in shown
    )
    return Band(start + 1, start + len(methods), heads, lines)
