"""References: reading references.bib strictly, and showing an entry as one line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from unicodedata import normalize

REQUIRED = {
    "article": {"author", "title", "journal", "year"},
    "book": {"author", "title", "publisher", "year"},
    "incollection": {"author", "title", "booktitle", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "misc": {"author", "title", "year"},
    "techreport": {"author", "title", "institution", "year"},
}
"""The types of entry in use, and what each cannot do without."""

HEAD = re.compile(r"@(\w+)\{([A-Za-z][\w-]*),\s*")
FIELD = re.compile(r"([A-Za-z]+)\s*=\s*")
ACCENT = re.compile(r"\{\\(.)\{?\\?([A-Za-z])\}?\}")
MARKS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "v": "\u030c", "c": "\u0327"}
"""TeX's accents as combining characters."""
KEY = re.compile(r"[a-z]+(?:1[89]|20)\d\d[a-z]*")
"""A key, in the text of a docstring."""
SOURCE = re.compile(r"Source:[^\n]*(?:\n[^\n]+)*")
"""What a docstring says of its sources."""
SIGNS = (("{", ""), ("}", ""), ("\\&", "&"), ("--", "-"), ("``", '"'), ("''", '"'))


@dataclass(frozen=True)
class Entry:
    """One reference; source: as it is entered."""

    key: str
    type: str
    fields: dict[str, str]
    source: str

    def line(self) -> str:
        """Authors, title, where, year, and the identifier, as plain text."""
        authors = [name.partition(",")[0] for name in _plain(self.fields["author"]).split(" and ")]
        who = (
            authors[0] if len(authors) == 1 else " and ".join(authors) if len(authors) == 2 else f"{authors[0]} et al."
        )
        where = [
            self.fields[name] for name in ("journal", "booktitle", "institution", "howpublished") if name in self.fields
        ]
        marks = [f"doi:{self.fields['doi']}"] if "doi" in self.fields else []
        marks += [f"arXiv:{self.fields['eprint']}"] if "eprint" in self.fields else []
        parts = [f"{who}: {_plain(self.fields['title'])}", *map(_plain, where), self.fields["year"], *marks[:1]]
        return ". ".join(parts) + "."

    def address(self) -> str | None:
        """Where the publication is found, None where no identifier is known."""
        if "doi" in self.fields:
            return f"https://doi.org/{self.fields['doi']}"
        return f"https://arxiv.org/abs/{self.fields['eprint']}" if "eprint" in self.fields else None


def read(path: Path | Traversable) -> dict[str, Entry]:
    """All entries by key; raises ValueError, naming the entry, for what is no valid BibTeX or lacks a field."""
    entries: dict[str, Entry] = {}
    for entry in _entries(path.read_text(encoding="utf-8")):
        if entry.key in entries:
            raise ValueError(f"{entry.key}: entered twice")
        if entry.type not in REQUIRED:
            raise ValueError(f"{entry.key}: type {entry.type!r}; known: {', '.join(REQUIRED)}")
        missing = sorted(REQUIRED[entry.type] - entry.fields.keys())
        if missing or not re.fullmatch(r"(1[89]|20)\d\d", entry.fields["year"]):
            raise ValueError(f"{entry.key}: lacks {', '.join(missing) or 'a year of four digits'}")
        entries[entry.key] = entry
    return entries


def _entries(text: str) -> Iterator[Entry]:
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        head = HEAD.match(text, at)
        if head is None:
            raise ValueError(f"no entry begins at {text[at : at + 40]!r}")
        fields: dict[str, str] = {}
        at = head.end()
        while text[at : at + 1] != "}":
            field = FIELD.match(text, at)
            if field is None or text[field.end() : field.end() + 1] != "{":
                raise ValueError(f"{head[2]}: expected field = {{value}} at {text[at : at + 40]!r}")
            value, at = _braced(text, field.end(), head[2])
            if field[1].lower() in fields:
                raise ValueError(f"{head[2]}: {field[1]} twice")
            fields[field[1].lower()] = " ".join(value.split())
            rest = text[at:].lstrip()
            if rest[:1] not in (",", "}"):
                raise ValueError(f"{head[2]}: expected a comma or the end after {field[1]}")
            at = len(text) - len(rest[1:].lstrip() if rest[0] == "," else rest)
        at += 1
        yield Entry(head[2], head[1].lower(), fields, text[head.start() : at])


def _braced(text: str, start: int, key: str) -> tuple[str, int]:
    """What stands between the brace at `start` and its partner, and where to go on."""
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start + 1 : at], at + 1
    raise ValueError(f"{key}: a brace that is never closed")


def _plain(value: str) -> str:
    """A value as plain text: accents as letters, no braces."""
    value = normalize("NFC", ACCENT.sub(lambda accent: accent[2] + MARKS[accent[1]], value))
    for tex, sign in SIGNS:
        value = value.replace(tex, sign)
    return value
