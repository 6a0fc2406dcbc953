"""The files of a published folder: found without following a link, within limits, and hashed."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from whybench.errors import Refused, shown

MANIFEST = "manifest.json"
NOTES = ("verification.json", "verification.html")
"""What `verify` writes beside the manifest: no part of what is published."""

MOST_FILES = 50_000
LARGEST = 2**28
"""Bytes of a file."""
ALTOGETHER = 2**31
"""Bytes of a folder."""
DEEPEST = 8
LONGEST = 100
_PART = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{LONGEST - 1}}}")
_CHUNK = 2**20


@dataclass(frozen=True)
class File:
    """A published file: its length and the sha256 of its bytes."""

    bytes: int
    sha256: str


def safe(name: str) -> bool:
    """Whether a name is a path below the folder, in plain letters.

    >>> [safe(name) for name in ("site/index.html", "../board.csv", "/etc/passwd", "a//b", "=1+1.csv", ".hidden")]
    [True, False, False, False, False, False]
    """
    parts = name.split("/")
    return len(parts) <= DEEPEST and all(_PART.fullmatch(part) for part in parts)


def listing(folder: Path) -> tuple[dict[str, int], list[str]]:
    """The lengths of all files but the manifest and the notes by their names, and what is wrong with the folder."""
    sizes: dict[str, int] = {}
    problems: list[str] = []
    for name, size in _entries(folder, ""):
        if len(sizes) + len(problems) >= MOST_FILES:
            return sizes, [*problems, f"more than {MOST_FILES} files"]
        if not safe(name):
            problems.append(f"{shown(name)} is no name of a published file (letters, digits, '_', '-', '.')")
        elif size is None:
            problems.append(f"{name} is a link or a device, no file")
        elif name not in (MANIFEST, *NOTES):
            sizes[name] = size
    problems += [f"{name} holds {size} bytes, more than {LARGEST}" for name, size in sizes.items() if size > LARGEST]
    if sum(sizes.values()) > ALTOGETHER:
        problems.append(f"the folder holds {sum(sizes.values())} bytes, more than {ALTOGETHER}")
    return sizes, problems


def _entries(folder: Path, prefix: str) -> Iterator[tuple[str, int | None]]:
    """Names with lengths, in order; no length for what is no ordinary file."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False) and name.count("/") < DEEPEST:
            yield from _entries(Path(entry.path), f"{name}/")
        elif entry.is_file(follow_symlinks=False):
            yield name, entry.stat(follow_symlinks=False).st_size
        else:
            yield name, None


def read(folder: Path, name: str, most: int = LARGEST) -> bytes:
    """The bytes of a small file; Refused where it is missing, too long or no ordinary file."""
    return b"".join(_chunks(folder / name, most))


def digest(folder: Path, name: str) -> str:
    """The sha256 of a file's bytes."""
    sha = sha256()
    for chunk in _chunks(folder / name, LARGEST):
        sha.update(chunk)
    return sha.hexdigest()


def _chunks(path: Path, most: int) -> Iterator[bytes]:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
                raise Refused(f"{path.name} holds {facts.st_size} bytes; an ordinary file of at most {most} is needed")
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise Refused(f"{path.name} cannot be read: {error.strerror or error}") from error


def compared(folder: Path, listed: Mapping[str, File]) -> tuple[int, list[str]]:
    """How many files were hashed, and where the folder is not what its manifest lists."""
    sizes, problems = listing(folder)
    if sum(sizes.values()) > ALTOGETHER:
        return 0, problems
    problems += [f"{name} is missing" for name in listed if name not in sizes]
    problems += [f"{name} is not listed in {MANIFEST}" for name in sizes if name not in listed]
    both = [name for name in listed if name in sizes and sizes[name] <= LARGEST]
    for name in both:
        if sizes[name] != listed[name].bytes:
            problems.append(f"{name} holds {sizes[name]} bytes, not {listed[name].bytes}")
        elif digest(folder, name) != listed[name].sha256:
            problems.append(f"{name} is not the file that was published: its sha256 differs")
    return len(both), problems
