"""The manifest: what was published, made by what, with a digest of everything, itself included."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whybench.digests import json_digest
from whybench.environment import library_version
from whybench.errors import Refused, shown
from whybench.publishing import files
from whybench.publishing.files import MANIFEST, File
from whybench.publishing.plan import Grid, read_grid, written_grid
from whybench.publishing.values import object_of, text_of, whole_of
from whybench.records import PROTOCOL

SCHEMA = "whybench.publication"
VERSION = 1
LARGEST = 2**24
"""Bytes of a manifest."""
_SHA = 64


@dataclass(frozen=True)
class Manifest:
    """What a published folder says of itself.

    asked: what `whybench run` was asked for; environment: of the run; libraries: versions of what its methods and
    metrics declare; plan: the cells that were planned; records: the digest over all per-sample records, which the
    layout of a Parquet file does not change.
    """

    suite: str
    asked: tuple[str, ...]
    device: str
    environment: dict[str, Any] = field(hash=False)
    libraries: dict[str, str] = field(hash=False)
    plan: tuple[Grid, ...]
    records: str
    files: dict[str, File] = field(hash=False)
    whybench: str = library_version("whybench")
    protocol: int = PROTOCOL

    @property
    def digest(self) -> str:
        """The name of this publication: the sha256 over all that the manifest says."""
        return json_digest(self._facts())

    def version(self, library: str) -> str:
        """The version of a library that the records were made with."""
        known: Mapping[str, Any] = self.environment.get("libraries", {})
        return str(known.get(library, self.libraries.get(library, "not installed")))

    def text(self) -> str:
        """The manifest as its file holds it."""
        return json.dumps({**self._facts(), "sha256": self.digest}, indent=1) + "\n"

    def _facts(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "whybench": self.whybench,
            "protocol": self.protocol,
            "suite": self.suite,
            "asked": list(self.asked),
            "device": self.device,
            "environment": self.environment,
            "libraries": self.libraries,
            "plan": [written_grid(grid) for grid in self.plan],
            "records": self.records,
            "files": {name: {"bytes": f.bytes, "sha256": f.sha256} for name, f in sorted(self.files.items())},
        }


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a published folder; raises Refused where it is none that this version reads, or is damaged."""
    try:
        found = json.loads(files.read(folder, MANIFEST, LARGEST))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{MANIFEST} is no JSON: {shown(str(error))}") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise Refused(f"{MANIFEST} does not say that it is a {SCHEMA}")
    if found.get("version") != VERSION:
        raise Refused(f"{MANIFEST} has schema version {shown(found.get('version'))}; this whybench reads {VERSION}")
    if found.get("protocol") != PROTOCOL:
        raise Refused(f"protocol {shown(found.get('protocol'))}; this whybench compares results of protocol {PROTOCOL}")
    try:
        made = _manifest(found)
        digest = made.digest
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Refused(f"{MANIFEST} cannot be read: {type(error).__name__}: {shown(str(error))}") from None
    if found.get("sha256") != digest or set(found) != {*made._facts(), "sha256"}:
        raise Refused(f"{MANIFEST} was changed: it does not have the sha256 that it names")
    if unsafe := [name for name in made.files if not files.safe(name)]:
        raise Refused(f"{MANIFEST} lists {shown(unsafe[0])}, which is no name of a file below the folder")
    return made


def _manifest(found: Mapping[str, Any]) -> Manifest:
    return Manifest(
        suite=text_of(found["suite"]),
        asked=tuple(map(text_of, found["asked"])),
        device=text_of(found["device"]),
        environment=object_of(found["environment"]),
        libraries={name: text_of(version) for name, version in object_of(found["libraries"]).items()},
        plan=tuple(map(read_grid, found["plan"])),
        records=_sha256(found["records"]),
        files={n: File(_length(f["bytes"]), _sha256(f["sha256"])) for n, f in object_of(found["files"]).items()},
        whybench=text_of(found["whybench"]),
    )


def _length(value: Any) -> int:
    if whole_of(value) < 0:
        raise ValueError(f"{shown(value)} where a number of bytes is needed")
    return int(value)


def _sha256(value: Any) -> str:
    if len(text_of(value)) != _SHA or set(value) - set("0123456789abcdef"):
        raise ValueError(f"{shown(value)} where a sha256 is needed")
    return str(value)
