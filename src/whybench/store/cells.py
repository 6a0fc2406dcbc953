"""Cells with their scores and curves, and what each pays for the artifacts that it shares."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select

from whybench.records import Cost, Record
from whybench.store import rows
from whybench.store.blobs import Blobs
from whybench.store.database import Database, replace
from whybench.store.schema import artifacts, cells, scores, uses

TOGETHER = 100
"""Cells that are read at once."""


class Cells:
    """Records of cells; a damaged one counts as not stored."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database, self._blobs = database, blobs

    def save(self, record: Record, explanation: str, used: Iterable[str]) -> None:
        """Keep a cell with its scores and curves, and which artifacts it read, in one transaction."""
        curves = None if record.curves is None else self._blobs.put(*rows.curve_tensors(record.curves))
        body = rows.cell_body(record)
        lines = [rows.score_row(position, sample) for position, sample in enumerate(record.samples)]
        values = {"explanation": explanation, "status": record.status, "curves": curves, "body": body}
        pairs = [{"cell": record.key, "artifact": artifact} for artifact in sorted(set(used))]
        with self._database.writing() as connection:
            sealed = {**values, "sha256": rows.seal(record.key, *values.values(), lines)}
            if replace(connection, cells, {"key": record.key}, sealed):
                connection.execute(delete(scores).where(scores.c.cell == record.key))
                connection.execute(delete(uses).where(uses.c.cell == record.key))
            if lines:
                connection.execute(scores.insert(), [{"cell": record.key, **line} for line in lines])
            if pairs:
                connection.execute(uses.insert(), pairs)

    def read(self, keys: Iterable[str]) -> dict[str, Record]:
        """The whole records among those with the given keys."""
        asked: list[str] = list(dict.fromkeys(keys))
        found: dict[str, Record] = {}
        with self._database.reading() as connection:
            for start in range(0, len(asked), TOGETHER):
                found |= self._read(connection, asked[start : start + TOGETHER])
        return {key: found[key] for key in asked if key in found}

    def _read(self, connection: Connection, keys: list[str]) -> dict[str, Record]:
        found = connection.execute(select(cells).where(cells.c.key.in_(keys))).mappings().all()
        keys = [row["key"] for row in found]
        if not keys:
            return {}
        lines: dict[str, list[dict[str, Any]]] = {key: [] for key in keys}
        names = [column.name for column in scores.c if column is not scores.c.cell]
        wanted = select(scores.c.cell, *(scores.c[name] for name in names))
        ordered = wanted.where(scores.c.cell.in_(keys)).order_by(scores.c.cell, scores.c.position)
        for cell, *line in connection.execute(ordered):
            lines[cell].append(dict(zip(names, line, strict=True)))
        shares = _shares(connection, keys)
        records = (self._record(row, lines[row["key"]], shares[row["key"]]) for row in found)
        return {record.key: record for record in records if record is not None}

    def _record(self, row: RowMapping, lines: list[dict[str, Any]], shares: list[Cost]) -> Record | None:
        key = row["key"]
        if row["sha256"] != rows.seal(key, row["explanation"], row["status"], row["curves"], row["body"], lines):
            return None
        blob = self._blobs.get(row["curves"]) if row["curves"] else None
        if row["curves"] and blob is None:
            return None
        return rows.read_cell(
            key,
            row["status"],
            row["body"],
            [rows.read_score(line) for line in lines],
            total(shares),
            None if blob is None else rows.read_curves(*blob),
        )


def total(costs: Iterable[Cost]) -> Cost:
    """Costs added up; the peak is that of the largest."""
    found = list(costs)
    return Cost(
        forward=sum(c.forward for c in found),
        backward=sum(c.backward for c in found),
        wall_seconds=sum(c.wall_seconds for c in found),
        cpu_seconds=sum(c.cpu_seconds for c in found),
        peak_bytes=max((c.peak_bytes for c in found if c.peak_bytes is not None), default=None),
    )


def _shares(connection: Connection, keys: list[str]) -> dict[str, list[Cost]]:
    """What each cell pays for each artifact that it read: its cost divided by the number of cells that read it."""
    own = select(uses).where(uses.c.cell.in_(keys)).subquery()
    readers = select(uses.c.artifact, func.count().label("n")).where(uses.c.artifact.in_(select(own.c.artifact)))
    counted = readers.group_by(uses.c.artifact).subquery()
    costs = select(artifacts.c.key, artifacts.c.body, counted.c.n).join(counted, counted.c.artifact == artifacts.c.key)
    each = {key: _share(json.loads(body)["cost"], n) for key, body, n in connection.execute(costs)}
    shares: dict[str, list[Cost]] = {key: [] for key in keys}
    for cell, artifact in connection.execute(select(own).order_by(own.c.artifact)):
        if artifact in each:
            shares[cell].append(each[artifact])
    return shares


def _share(cost: Mapping[str, Any], readers: int) -> Cost:
    return Cost(
        forward=cost["forward"] / readers,
        backward=cost["backward"] / readers,
        wall_seconds=cost["wall_seconds"] / readers,
        cpu_seconds=cost["cpu_seconds"] / readers,
        peak_bytes=cost["peak_bytes"],
    )
