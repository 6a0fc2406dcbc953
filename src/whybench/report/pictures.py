"""Figures on the page: where they lie and what they say to those who cannot see them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """link: the file, seen from the page; alt: the finding in words; caption: how to read it; wide: needs a row."""

    link: str
    alt: str
    caption: str
    wide: bool = True


@dataclass(frozen=True)
class Group:
    """The figures of one block under its title."""

    title: str
    pictures: Sequence[Picture]
