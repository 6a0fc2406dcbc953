"""Digests of source trees and installed packages: a checkout changes without a new version."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import whybench

LEFT_OUT = {"build", "dist", "results", "tests", "docs", "benchmarks", "__pycache__", "node_modules"}
"""Folders that hold nothing of what is installed."""


def tree_digest(root: Path) -> str:
    """sha256 over the paths and contents of a tree's files, links followed; hidden folders, environments and what is
    never installed left out."""
    sha = sha256()
    for file in sorted(_files(root)):
        sha.update(f"{file.relative_to(root).as_posix()}\0{sha256(file.read_bytes()).hexdigest()}\0".encode())
    return sha.hexdigest()


def package_digest() -> str:
    """`tree_digest` of the whybench that is running."""
    return tree_digest(Path(whybench.__path__[0]))


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
