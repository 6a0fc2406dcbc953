"""Tensors as content-addressed safetensors: a file's name is the digest of what it holds."""

import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from safetensors import SafetensorError, safe_open
from torch import Tensor

from whybench.digests import json_digest, tensors_digest
from whybench.errors import NotWritable, StoreError, StoreFull
from whybench.store.tensor_file import content

Facts = Mapping[str, str]


class Blobs(Protocol):
    """Where tensors are kept."""

    def put(self, tensors: Mapping[str, Tensor], facts: Facts) -> str:
        """Keep tensors and facts; returns their digest."""
        ...

    def get(self, digest: str) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        """What was kept under a digest, or None where it is missing or damaged."""
        ...


def blob_digest(tensors: Mapping[str, Tensor], facts: Facts) -> str:
    """The name of a blob: over the tensors themselves, since safetensors files order their metadata freely."""
    return json_digest([tensors_digest(tensors), dict(facts)])


class MemoryBlobs:
    """Tensors kept in memory only."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[dict[str, Tensor], dict[str, str]]] = {}

    def put(self, tensors: Mapping[str, Tensor], facts: Facts) -> str:
        digest = blob_digest(tensors, facts)
        self._kept[digest] = ({k: v.detach().clone() for k, v in tensors.items()}, dict(facts))
        return digest

    def get(self, digest: str) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        return self._kept.get(digest)


class DirectoryBlobs:
    """One safetensors file a blob: written to a temporary file, synced, then renamed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        """Where the blob of a digest lies."""
        return self.root / digest[:2] / f"{digest}.safetensors"

    def put(self, tensors: Mapping[str, Tensor], facts: Facts) -> str:
        digest = blob_digest(tensors, facts)
        path = self.path(digest)
        if not path.exists():
            self._write(path, content(tensors, facts))
        return digest

    def get(self, digest: str) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        try:
            with safe_open(self.path(digest), framework="pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                facts = dict(file.metadata() or {})
        except (OSError, SafetensorError):
            return None
        return (tensors, facts) if blob_digest(tensors, facts) == digest else None

    def _write(self, path: Path, data: Iterable[bytes | memoryview]) -> None:
        temporary = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as file:
                temporary = Path(file.name)
                file.writelines(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
            raise disk_error(error, self.root) from error


def disk_error(error: OSError, place: Path) -> StoreError:
    """A store error from one of the operating system, saying whether the disk is full."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreFull(f"no room left on the disk of {place}: free some and run again; what was stored is intact")
    return NotWritable(f"cannot write to {place}: {error.strerror or error}; what was stored is intact")
