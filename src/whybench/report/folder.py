"""The folder of a report: every file gets a safe name of its own."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from whybench.errors import NotWritable
from whybench.report.pictures import Picture

MADE_FROM = ".made-from"
"""The file that holds the digest of what a report shows."""


@dataclass
class Folder:
    """Where a report is written; names given by people never become paths as they are.

    pictures: the figures that were drawn, by their names, for pages that show one again.
    """

    root: Path
    taken: set[str] = field(default_factory=set)
    pictures: dict[tuple[str, ...], Picture] = field(default_factory=dict)

    def file(self, folder: str, *names: str, ending: str) -> Path:
        """A path below `folder` (made where missing) from `names`, which no other file of this report has."""
        words = [re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] for name in names]
        stem = "_".join(word for word in words if word) or "unnamed"
        name, turn = f"{folder}/{stem}.{ending}", 1
        while name in self.taken:
            turn += 1
            name = f"{folder}/{stem}_{turn}.{ending}"
        self.taken.add(name)
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def link(self, path: Path) -> str:
        """The address of a file as seen from the page."""
        return path.relative_to(self.root).as_posix()

    def finished(self, made_from: str) -> None:
        """Note what the report was made from, and which files belong to it."""
        files = sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file())
        (self.root / MADE_FROM).write_text("\n".join([made_from, *files]) + "\n", encoding="utf-8")

    def holds(self, made_from: str) -> bool:
        """Whether the whole report of this very origin lies here already."""
        try:
            origin, *files = (self.root / MADE_FROM).read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return False
        return origin == made_from and all((self.root / file).is_file() for file in files)

    def text(self, path: Path, content: str) -> str:
        """Write a text file; returns its address."""
        path.write_text(content, encoding="utf-8", newline="\n")
        return self.link(path)


def open_folder(root: Path) -> Folder:
    """The folder at `root`, made where there is none; raises NotWritable where that is not possible."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"cannot write the report to {root}: {error.strerror or error}") from error
    return Folder(root)
