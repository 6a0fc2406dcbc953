"""labels.csv: the classes of a folder's files or sub-folders."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from whybench.errors import BadInput


@dataclass(frozen=True)
class LabelsTable:
    """What a labels.csv says.

    key: whether it lists files or the wnids that name sub-folders; classes: each one's class index, in the table's
    order; names: the classes' names, as far as it gives them.
    """

    path: Path
    key: Literal["file", "wnid"]
    classes: dict[str, int]
    names: dict[int, str]


def read_labels(path: Path) -> LabelsTable:
    """Read a table with the columns file (or wnid) and class_index, and name if wanted.

    Raises BadInput, with the path, for a missing column, a class that is no integer from 0 on, an entry that is there
    twice, and a file that is no CSV in UTF-8.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            columns, rows = list(reader.fieldnames or []), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"cannot read {str(path)!r} ({error}); it must be CSV in UTF-8") from error
    key: Literal["file", "wnid"] = "wnid" if "wnid" in columns and "file" not in columns else "file"
    for column in (key, "class_index"):
        if column not in columns:
            raise BadInput(f"{str(path)!r} has no column {column!r}; its columns: {', '.join(columns) or 'none'}")
    classes: dict[str, int] = {}
    names: dict[int, str] = {}
    for row in rows:
        if row[key] in classes:
            raise BadInput(f"{str(path)!r} has two rows for {row[key]!r}; leave one")
        index = classes[row[key]] = _index(row["class_index"], row[key], path)
        if row.get("name"):
            names[index] = row["name"]
    return LabelsTable(path, key, classes, names)


def _index(text: str, entry: str, path: Path) -> int:
    if not text.strip().isdecimal():
        raise BadInput(f"{str(path)!r}: class_index {text!r} of {entry!r} is no integer from 0 on")
    return int(text)
