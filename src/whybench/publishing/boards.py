"""Everything that is computed from records: computed anew, and compared with what was published."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isclose
from pathlib import Path
from typing import Any

import pyarrow as pa

from whybench.errors import Refused, WhybenchError, shown
from whybench.exporting.schemas import COSTS, EXPLANATIONS, SCORES
from whybench.exporting.tables import costs_table, explanations_table
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.expenses import Expense
from whybench.leaderboard.markup import csv_table
from whybench.publishing import files
from whybench.publishing.parquet import columns
from whybench.publishing.reading import Records
from whybench.publishing.verdict import Check, check

CLOSE = 1e-9
"""Relative difference of two numbers that other machines may give for the same sum."""
SCHEMAS = {"scores": SCORES, "costs": COSTS, "explanations": EXPLANATIONS}


BOARDS = ("board.md", "board.csv", "board.json", "timing.csv")
"""In the top folder."""


def texts(board: Leaderboard) -> dict[str, str]:
    """The published boards by the names of their files."""
    made = (board.to_markdown(), board.to_csv(), board.to_json(), csv_table(Expense._fields, board.expenses))
    return dict(zip(BOARDS, made, strict=True))


def _expected(board: Leaderboard) -> dict[str, str]:
    """The boards of the top folder, and those that the first folder of the site holds, by their paths."""
    top = texts(board)
    return {**top, **{f"site/{name}": text for name, text in {**top, **_in_site(board)}.items()}}


def _in_site(board: Leaderboard) -> dict[str, str]:
    """What only the site has besides."""
    pairs = board.sensitivity()
    rows = pairs.astype(object).where(pairs.notna(), None)
    listed = csv_table(list(pairs.columns), rows.itertuples(index=False, name=None))
    return {"board.tex": board.to_latex(), "sensitivity.csv": listed}


def boards_agree(folder: Path, listed: Iterable[str], found: Records) -> Check:
    """Every mean, interval, rank, tie group, coverage and cost is what the per-sample records give.

    The boards in the top folder and their copies in the site; the exported tables.
    """
    try:
        board = Leaderboard(found.cells, found.explanations)
        expected, tables = _expected(board), _tables(board, found)
    except (WhybenchError, ValueError, KeyError) as error:
        return check("boards", 0, [f"no board can be computed from the records: {error}"])
    problems, compared = [], 0
    for name in listed:
        try:
            if name in expected:
                problems += [f"{name}: {wrong}" for wrong in _wrong_text(folder, name, expected[name])]
            elif name.removesuffix(".parquet") in SCHEMAS:
                table = name.removesuffix(".parquet")
                problems += [f"{name}: {wrong}" for wrong in _wrong_table(folder / name, tables[table], SCHEMAS[table])]
            else:
                continue
        except Refused as error:
            problems.append(str(error))
        compared += 1
    problems += [f"{name} is not there" for name in BOARDS if not (folder / name).is_file()]
    return check("boards", compared, problems)


def _tables(board: Leaderboard, found: Records) -> dict[str, pa.Table]:
    return {
        "scores": pa.Table.from_pandas(board.scores, SCORES, preserve_index=False),
        "costs": costs_table(found.cells, found.explanations),
        "explanations": explanations_table(found.explanations),
    }


def _wrong_text(folder: Path, name: str, expected: str) -> list[str]:
    """Where a published board differs first from the one that the records give."""
    try:
        text = files.read(folder, name).decode()
        if name.endswith(".csv"):
            pairs = _lines(_rows(text), _rows(expected))
        elif name.endswith(".json"):
            pairs = _leaves(json.loads(text), json.loads(expected), "board")
        else:
            pairs = _lines([[line] for line in text.split("\n")], [[line] for line in expected.split("\n")])
    except (ValueError, RecursionError, csv.Error) as error:
        return [f"cannot be read: {shown(str(error))}"]
    wrong = list(pairs)
    return [*wrong[:3], *([f"and {len(wrong) - 3} more"] if len(wrong) > 3 else [])]


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def _lines(published: Sequence[Sequence[str]], expected: Sequence[Sequence[str]]) -> Iterator[str]:
    if len(published) != len(expected):
        yield f"{len(published)} lines, the records give {len(expected)}"
        return
    header = expected[0] if expected and len(expected[0]) > 1 else ()
    for number, (said, right) in enumerate(zip(published, expected, strict=True), 1):
        if len(said) != len(right):
            yield f"line {number} has {len(said)} cells, the records give {len(right)}"
            continue
        for i, (one, other) in enumerate(zip(said, right, strict=True)):
            if not _same(_number(one), _number(other)):
                where = f"line {number}, {header[i]}" if header else f"line {number}"
                yield f"{where}: {shown(one)}, the records give {shown(other)}"


def _leaves(published: Any, expected: Any, where: str) -> Iterator[str]:
    if isinstance(published, dict) and isinstance(expected, dict) and published.keys() == expected.keys():
        for name in expected:
            yield from _leaves(published[name], expected[name], f"{where}.{name}")
    elif isinstance(published, list) and isinstance(expected, list) and len(published) == len(expected):
        for i, (one, other) in enumerate(zip(published, expected, strict=True)):
            yield from _leaves(one, other, f"{where}[{i}]")
    elif not _same(published, expected):
        yield f"{where}: {shown(published)}, the records give {shown(expected)}"


def _wrong_table(path: Path, table: pa.Table, schema: pa.Schema) -> list[str]:
    published: Mapping[str, list[Any]] = columns(path, schema)
    for name in schema.names:
        expected = table.column(name).to_pylist()
        if len(published[name]) != len(expected):
            return [f"{len(published[name])} rows, the records give {len(expected)}"]
        for number, (one, other) in enumerate(zip(published[name], expected, strict=True)):
            if not _same(one, other):
                return [f"row {number}, {name}: {shown(one)}, the records give {shown(other)}"]
    return []


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return one == other or isclose(one, other, rel_tol=CLOSE, abs_tol=1e-12)
    return type(one) is type(other) and bool(one == other)
