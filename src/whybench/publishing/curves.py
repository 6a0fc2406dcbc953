"""The published curves, given back to the cells that they belong to."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from whybench.errors import Refused, shown
from whybench.exporting.schemas import CURVES
from whybench.publishing.parquet import batches
from whybench.publishing.reading import Records
from whybench.records import CurveArrays, Record

ADDRESS = ("kind", "suite", "dataset", "model", "method", "metric", "parameters")
AXES = ("x_name", "y_name")


def with_curves(folder: Path, found: Records) -> Records:
    """Records with their curves; raises Refused where these are those of no cell, or of other samples."""
    curves = _read(folder, found.cells)
    return replace(found, cells=tuple(replace(cell, curves=curves.get(cell.key)) for cell in found.cells))


def _read(folder: Path, cells: Sequence[Record]) -> dict[str, CurveArrays]:
    """Curves by the key of their cell."""
    known = {_address(record): record for record in cells}
    table = _Table(folder / "curves.parquet")
    found: dict[str, CurveArrays] = {}
    for start, stop in table.runs():
        named = table.named(start, ADDRESS)
        record = known.get(named)
        if record is None or record.key in found or not record.samples:
            raise Refused(f"curves.parquet holds curves of a cell that is not there, or twice: {shown(named)}")
        points, left = divmod(stop - start, len(record.samples))
        ids = [table.text("sample_id", i) for i in range(start, stop, points)] if points and not left else []
        if ids != [s.sample_id for s in record.samples] or not table.counted(start, stop, points):
            raise Refused(f"curves.parquet: the curves of {shown(named)} are not those of its samples")
        x, y = (table.numbers[axis][start:stop].reshape(-1, points) for axis in ("x", "y"))
        found[record.key] = CurveArrays(x, y, *table.named(start, AXES))
    return found


def _address(record: Record) -> tuple[str, ...]:
    s = record.subject
    return (s.kind, s.suite, s.dataset, s.model, s.method, record.metric, record.parameters)


class _Table:
    """The columns of the table: numbers as arrays, texts as codes and what they stand for."""

    def __init__(self, path: Path) -> None:
        parts: dict[str, list[Any]] = {name: [] for name in CURVES.names}
        self._codes: dict[str, int] = {}
        for batch in batches(path, CURVES):
            for name, column in zip(CURVES.names, batch.columns, strict=True):
                if column.null_count and name not in ("x", "y"):  # which have none where a sample is undefined
                    raise Refused(f"curves.parquet holds rows without {name}")
                parts[name].append(self._coded(column) if pa.types.is_dictionary(column.type) else _array(column))
        self.numbers = {name: np.concatenate(found) if found else np.empty(0) for name, found in parts.items()}
        self._values = list(self._codes)

    def _coded(self, column: pa.DictionaryArray) -> np.ndarray[Any, np.dtype[np.int64]]:
        values = [self._codes.setdefault(value, len(self._codes)) for value in column.dictionary.to_pylist()]
        return np.asarray(values, dtype=np.int64)[_array(column.indices)] if len(column) else np.empty(0, np.int64)

    def runs(self) -> list[tuple[int, int]]:
        """Where rows of one cell begin and end."""
        columns = [self.numbers[name] for name in ADDRESS]
        rows = len(columns[0])
        changes = [np.flatnonzero(codes[1:] != codes[:-1]) + 1 for codes in columns]
        borders = [0, *np.unique(np.concatenate(changes)).tolist(), rows] if rows else [0]
        return list(pairwise(borders))

    def text(self, column: str, row: int) -> str:
        return self._values[int(self.numbers[column][row])]

    def named(self, row: int, columns: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.text(column, row) for column in columns)

    def counted(self, start: int, stop: int, points: int) -> bool:
        """Whether rows are whole samples, one after the other, their points counted from 0."""
        ids, numbers = self.numbers["sample_id"][start:stop].reshape(-1, points), self.numbers["point"][start:stop]
        return bool((ids == ids[:, :1]).all() and (numbers.reshape(-1, points) == np.arange(points)).all())


def _array(column: pa.Array) -> Any:
    """Numbers as they lie in memory; NaN for none."""
    return column.to_numpy(zero_copy_only=False)
