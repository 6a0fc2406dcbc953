"""Figures as files: SVG for the page, PDF for papers."""

import re

from matplotlib.figure import Figure

from whybench.plots import save
from whybench.report.folder import Folder
from whybench.report.pictures import Download, Picture

PATH = re.compile(r' d="([^"]*)"')
DECIMALS = re.compile(r"-?\d+\.\d+")
BREAK = re.compile(r" ?([A-Za-z]) ?")


def drawn(figure: Figure, folder: Folder, *names: str, alt: str, caption: str, wide: bool = True) -> Picture:
    """Save a figure below figures/ under a name made of `names`."""
    files = []
    for ending in ("svg", "pdf"):
        path = folder.file("figures", *names, ending=ending)
        save(figure, path, trim=True)
        if ending == "svg":
            path.write_text(short(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        files.append(Download(folder.link(path), ending.upper()))
    picture = folder.pictures[names] = Picture(files[0].link, alt, caption, tuple(files), wide)
    return picture


def short(svg: str) -> str:
    """A drawing whose lines are given to a hundredth of a point.

    >>> short('<path d="M 46.812345 201.6 \\nL 0.004 3"/>')
    '<path d="M46.81 201.6L0 3"/>'
    """
    return PATH.sub(lambda path: f' d="{_lines(path[1])}"', svg)


def _lines(path: str) -> str:
    rounded = DECIMALS.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), path)
    return BREAK.sub(r"\1", " ".join(rounded.split()))


def title_of(figure: Figure) -> str:
    """What a figure says of itself at its top, on one line."""
    titles = [text.get_text() for text in figure.texts] + [ax.get_title(loc="left") for ax in figure.axes]
    return " ".join(next((title for title in titles if title), "").split())
