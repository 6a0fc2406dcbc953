"""The strips of a block as files: inputs, maps or bars, and curves; what cannot be drawn says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from whybench.leaderboard.variants import Variant
from whybench.plots.gallery import cell_side
from whybench.report.folder import Folder
from whybench.report.samples import lines
from whybench.report.samples.columns import Columns
from whybench.report.samples.kept import Explained, Samples
from whybench.report.samples.panels import Panel, panels
from whybench.report.samples.tiles import input_tiles, map_tile, write_inputs, write_maps
from whybench.report.samples.words import map_in_words

Look = Literal["pixels", "photo", "bars", "names", "curves"]
SMALL = 100
"""Pictures of fewer pixels a side are shown in squares, larger ones smoothly."""


@dataclass(frozen=True)
class Strip:
    """A file of tiles below each other; of: which samples it has a tile of, with what the tile shows in words.

    bars: of rows of a table the bars that are drawn, within -1 and 1; words: the names of those columns.
    """

    link: str
    look: Look
    of: Mapping[str, str]
    bars: Mapping[str, Sequence[float]] = field(default_factory=dict)
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """What one method's pages show; reason: why there is no map of any sample."""

    maps: Strip | None
    curves: Strip | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Strips:
    """Writes the strips of one block beside its pages; slug: the block's name in addresses."""

    samples: Samples
    folder: Folder
    slug: str

    @cached_property
    def panels(self) -> list[Panel]:
        return panels(self.samples.view)

    @cached_property
    def inputs(self) -> Strip | None:
        """The inputs that were kept: pictures, or the names and values of the columns that are drawn."""
        kept, shown = self.samples.inputs, self.samples.shown
        if kept is not None and self.grid:
            made = input_tiles(kept)
            link = self._link("_inputs.png")
            write_inputs([made[kept.positions[s]] if s in kept.positions else None for s in shown], self._path(link))
            words = {s: self._input_in_words(s) for s in shown if s in kept.positions}
            return Strip(link, "pixels" if max(made[0].shape[:2]) < SMALL else "photo", words)
        if self._columns is not None and self._columns.orders:
            text, words = self._columns.names()
            return Strip(self._text("_inputs.svg", text), "names", words, words=self._columns.said)
        return None

    @cached_property
    def back(self) -> Strip | None:
        """What lies behind every method's curves."""
        if not self.panels:
            return None
        return Strip(self._text("_curves.svg", lines.back_strip(self.panels, self.samples.shown)), "curves", {})

    @property
    def grid(self) -> tuple[int, int] | None:
        """Height and width of inputs that are images."""
        kept = self.samples.inputs
        if kept is None or kept.domain != "image" or kept.tensors["inputs"].ndim != 4:
            return None
        high, wide = kept.tensors["inputs"].shape[2:]
        return high, wide

    @property
    def cell(self) -> int:
        """The side, in pixels, of the cells in which maps are shown."""
        return cell_side(self.grid) if self.grid else 1

    def drawn(self, method: Variant, explained: Explained | None, slug: str) -> Drawn:
        """One method's strips, under its name in addresses."""
        curves = self._curves(method, slug)
        if explained is None:
            return Drawn(None, curves, "The store holds no explanation by this method.")
        maps = self._maps(explained, slug) or self._bars(explained, slug)
        kind = explained.payload.kind
        reason = "" if maps else f"Explanations of the kind {kind} on this data cannot be drawn sample by sample."
        return Drawn(maps, curves, reason)

    def _maps(self, explained: Explained, slug: str) -> Strip | None:
        found = {s: m for s in self.samples.shown if (m := explained.picture(s)) is not None}
        if not found:
            return None
        tiles = {s: map_tile(m, self.grid or (m.shape[0], m.shape[1])) for s, m in found.items()}
        link = self._link(f"{slug}.png")
        write_maps([tiles.get(s) for s in self.samples.shown], self._path(link))
        side = max(max(tile.shape) for tile in tiles.values())
        return Strip(link, "pixels" if side < SMALL else "photo", {s: map_in_words(m) for s, m in found.items()})

    def _bars(self, explained: Explained, slug: str) -> Strip | None:
        text, words = self._columns.bars(explained) if self._columns else ("", {})
        if self._columns is None or not text:
            return None
        return Strip(self._text(f"bars/{slug}.svg", text), "bars", words, bars=self._columns.ends(explained))

    def _curves(self, method: Variant, slug: str) -> Strip | None:
        found = [panel.curves.get(method, {}) for panel in self.panels]
        samples = [s for s in self.samples.shown if any(s in curves for curves in found)]
        if not samples:
            return None
        text = lines.own_strip(self.panels, found, self.samples.shown)
        return Strip(self._text(f"{slug}.svg", text), "curves", dict.fromkeys(samples, ""))

    @cached_property
    def _columns(self) -> Columns | None:
        kept = self.samples.inputs
        return Columns(self.samples, kept) if kept is not None and kept.domain == "tabular" else None

    def _input_in_words(self, sample: str) -> str:
        label = self.samples.label(sample)
        return f"The input {sample}, labelled {label}" if label else f"The input {sample} of {self.samples.view.title}"

    def _link(self, name: str) -> str:
        """Beside the pages of methods, whose names begin with a letter or digit."""
        return f"samples/{self.slug}/{name}"

    def _text(self, name: str, text: str) -> str:
        link = self._link(name)
        return self.folder.text(self._path(link), text)

    def _path(self, link: str) -> Path:
        path = self.folder.root / link
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
