"""A table ready to be shown: plain text in rows, whatever it is drawn with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows of text under headers, with a title above and notes below; nothing in it is escaped."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
