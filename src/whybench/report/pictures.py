"""A figure on the page: where it lies and what it says to those who cannot see it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """link: the file, seen from the page; alt: the finding in words; caption: how to read it."""

    link: str
    alt: str
    caption: str
