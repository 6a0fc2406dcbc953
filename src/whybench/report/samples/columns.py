"""Samples that are rows of a table: which of their columns are drawn, under which names, with which bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from whybench.report.samples.bars import Named, bar_strip, column_text, name_strip, strongest
from whybench.report.samples.kept import Explained, Inputs, Samples
from whybench.report.samples.words import columns_in_words

SAID = 2
"""Columns that are named where a picture cannot be seen."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of one block's samples."""

    samples: Samples
    inputs: Inputs

    @cached_property
    def orders(self) -> Mapping[str, Sequence[int]]:
        """Of each sample the columns to draw, the same for all methods, which are read one by one."""
        rows: dict[str, list[Tensor]] = {s: [] for s in self.samples.shown}
        for method in self.samples.view.methods:
            explained = self.samples.explained(method)
            for sample, found in rows.items():
                row = explained.row(sample) if explained else None
                found += [] if row is None else [row]
        return {s: strongest(found) for s, found in rows.items() if found}

    def names(self) -> tuple[str, dict[str, str]]:
        """The strip of names and values, and each sample's in words."""
        named = {s: self._named(s) for s in self.samples.shown}
        words = {
            s: columns_in_words(f"The input {s}", [(c.name, c.value) for c in found[:SAID]])
            for s, found in named.items()
            if found
        }
        return name_strip(list(named.values())), words

    def bars(self, explained: Explained) -> tuple[str, dict[str, str]]:
        """One method's strip of bars, and each sample's strongest columns in words; both empty where it has none."""
        shown = self.samples.shown
        rows = {s: row for s in shown if (row := explained.row(s)) is not None and s in self.orders}
        strip = bar_strip([rows.get(s) for s in shown], [self.orders.get(s, ()) for s in shown]) if rows else ""
        return strip, {s: columns_in_words("Most relevance", self._largest(row)) for s, row in rows.items()}

    @cached_property
    def said(self) -> dict[str, list[str]]:
        """Of each sample the columns that are drawn, with their values."""
        return {s: [column_text(c) for c in self._named(s)] for s in self.orders}

    def ends(self, explained: Explained) -> dict[str, list[float]]:
        """How far one method's bars go, divided by the sample's largest |relevance|."""
        rows = {s: row for s in self.orders if (row := explained.row(s)) is not None}
        scaled = {s: row / row.abs().max().clamp(min=1e-300) for s, row in rows.items()}
        return {s: [float(row[i]) for i in self.orders[s]] for s, row in scaled.items()}

    def _named(self, sample: str) -> list[Named]:
        place, order = self.inputs.positions.get(sample), self.orders.get(sample, ())
        values = None if place is None else self.inputs.tensors["inputs"][place].double()
        return [Named(self._name(i), None if values is None else float(values[i])) for i in order]

    def _largest(self, row: Tensor) -> list[tuple[str, float | None]]:
        order = row.abs().argsort(descending=True, stable=True)[:SAID].tolist()
        return [(self._name(i), float(row[i])) for i in order]

    def _name(self, i: int) -> str:
        names = self.inputs.names("columns")
        return names[i] if i < len(names) else f"column {i}"
