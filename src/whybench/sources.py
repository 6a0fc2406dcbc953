"""Digests of source trees: a checkout changes without a new version."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

LEFT_OUT = {"build", "dist", "results", "tests", "docs", "benchmarks", "__pycache__", "node_modules"}
"""Folders that hold nothing of what is installed."""


def tree_digest(root: Path, endings: tuple[str, ...] = ("",)) -> str:
    """sha256 over the paths and contents of a tree's files that end so, links followed.

    Hidden folders, environments and what is never installed are left out.
    """
    sha = sha256()
    for file in sorted(file for file in _files(root) if file.name.endswith(endings)):
        sha.update(f"{file.relative_to(root).as_posix()}\0{sha256(file.read_bytes()).hexdigest()}\0".encode())
    return sha.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root, followlinks=True):
        if "pyvenv.cfg" in names:
            below.clear()
            continue
        below[:] = [name for name in below if not name.startswith(".") and name not in LEFT_OUT]
        below[:] = [name for name in below if not name.endswith(".egg-info")]
        yield from (
            Path(folder) / name for name in names if not name.startswith(".") and (Path(folder) / name).exists()
        )
