"""What lies beside a page: figures, and files to download."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Download:
    """A file; link: its address, seen from the top folder."""

    link: str
    name: str


@dataclass(frozen=True)
class Picture:
    """A figure.

    link: its file, seen from the top folder; alt: the finding in words; caption: how to read it; files: to download;
    wide: needs a row.
    """

    link: str
    alt: str
    caption: str
    files: Sequence[Download] = ()
    wide: bool = True


@dataclass(frozen=True)
class Group:
    """The figures of one block under its title."""

    title: str
    pictures: Sequence[Picture]
