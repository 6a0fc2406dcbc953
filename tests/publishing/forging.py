"""What a forger can do to a published folder: change records and make everything else agree with them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from whybench.leaderboard import Leaderboard
from whybench.publishing import files, plan
from whybench.publishing.boards import BOARDS, SCHEMAS, _in_site, _tables, texts
from whybench.publishing.columns import RECORDS
from whybench.publishing.files import File
from whybench.publishing.manifest import Manifest, read_manifest
from whybench.publishing.reading import read_records

Rows = list[dict[str, Any]]


def change(folder: Path, table: str, to: Callable[[Rows], Rows]) -> None:
    """Rewrite one table of records."""
    path = folder / f"{table}.parquet"
    rows = to(parquet.read_table(path).to_pylist())
    parquet.write_table(pa.Table.from_pylist(rows, RECORDS[table]), path)


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Rewrite a text."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def digests(folder: Path, **facts: Any) -> Manifest:
    """A manifest that agrees with the files as they are now."""
    listed = {name: File(size, files.digest(folder, name)) for name, size in files.listing(folder)[0].items()}
    made = replace(read_manifest(folder), files=listed, **facts)
    (folder / files.MANIFEST).write_text(made.text())
    return made


def records(folder: Path) -> Manifest:
    """A manifest that agrees with the records as they are now."""
    found = read_records(folder, read_manifest(folder).suite)
    return digests(folder, records=found.digest)


def everything(folder: Path, planned: bool = False) -> Manifest:
    """Boards, exported tables and manifest that agree with the records; `planned`: the publisher's plan too."""
    found = read_records(folder, read_manifest(folder).suite)
    board = Leaderboard(found.cells, found.explanations)
    for name, text in {**texts(board), **_in_site(board)}.items():
        if name in BOARDS:
            (folder / name).write_text(text)
        if (folder / "site" / name).exists():
            (folder / "site" / name).write_text(text)
    for name, table in _tables(board, found).items():
        parquet.write_table(table.cast(SCHEMAS[name]), folder / f"{name}.parquet")
    known = {key for r in found.cells for key in [(r.subject.model, r.subject.method, r.metric)]}
    curves = parquet.read_table(folder / "curves.parquet")
    kept = [row for row in curves.to_pylist() if (row["model"], row["method"], row["metric"]) in known]
    parquet.write_table(pa.Table.from_pylist(kept, curves.schema), folder / "curves.parquet")
    return digests(folder, records=found.digest, **({"plan": plan.grids(found.cells)} if planned else {}))
