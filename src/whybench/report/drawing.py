"""Figures as files: SVG for the page, PDF for papers."""

from matplotlib.figure import Figure

from whybench.plots import save
from whybench.report.folder import Folder
from whybench.report.pictures import Download, Picture


def drawn(figure: Figure, folder: Folder, *names: str, alt: str, caption: str, wide: bool = True) -> Picture:
    """Save a figure below figures/ under a name made of `names`."""
    files = []
    for ending in ("svg", "pdf"):
        path = folder.file("figures", *names, ending=ending)
        save(figure, path, trim=True)
        files.append(Download(folder.link(path), ending.upper()))
    picture = folder.pictures[names] = Picture(files[0].link, alt, caption, tuple(files), wide)
    return picture


def title_of(figure: Figure) -> str:
    """What a figure says of itself at its top, on one line."""
    titles = [text.get_text() for text in figure.texts] + [ax.get_title(loc="left") for ax in figure.axes]
    return " ".join(next((title for title in titles if title), "").split())
