"""The two tables that are kept: one row a subject, and one row a subject and clause."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).resolve().parents[2] / "results" / "check"


@dataclass(frozen=True)
class About:
    """A subject: seconds of CPU time, what was changed to make it quick, what it refuses, why it was not checked."""

    subject: str
    group: str
    sort: str
    seconds: str
    note: str
    refused: str
    unchecked: str


@dataclass(frozen=True)
class Row:
    """The verdict of one clause on one subject, where it was tried, and the values or the reason."""

    subject: str
    clause: str
    name: str
    verdict: str
    where: str
    values: str


R = TypeVar("R", About, Row)
Table = Mapping[str, tuple[About, list[Row]]]


def read() -> dict[str, tuple[About, list[Row]]]:
    """What is kept, by subject."""
    kept = {about.subject: (about, list[Row]()) for about in _read("subjects.csv", About)}
    for row in _read("verdicts.csv", Row):
        kept[row.subject][1].append(row)
    return kept


def write(table: Table) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    _write("subjects.csv", About, (about for about, _ in table.values()))
    _write("verdicts.csv", Row, (row for _, rows in table.values() for row in rows))


def _read(name: str, made: type[R]) -> list[R]:
    path = FOLDER / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [made(**row) for row in csv.DictReader(file)]


def _write(name: str, made: type[R], rows: Iterable[R]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(made)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) for row in rows)
