"""Weights that whybench trained before, in the user's cache directory."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from whybench import user_cache
from whybench.digests import json_digest, tensors_digest
from whybench.user_cache import directory

__all__ = ["directory", "read", "write"]


def read(path: Path, key: str) -> dict[str, Tensor] | None:
    """The weights stored under `key`; None where there are none, and, with a warning, where the file is damaged."""
    if not os.path.isfile(path):
        return None
    try:
        with safe_open(path, "pt") as file:
            weights = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (no mapping)
            sha = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError) as error:
        reason = str(error)
    else:
        if sha == _sha256(weights, key):
            return weights
        reason = "its content does not have the sha256 that it was written with"
    warnings.warn(f"cached weights {str(path)!r} are damaged ({reason}); training again", stacklevel=2)
    return None


def write(path: Path, weights: Mapping[str, Tensor], key: str) -> None:
    """Store weights so that a reader sees all of them or none; a directory that cannot be written is left alone."""
    user_cache.write(path, save(dict(weights), {"sha256": _sha256(weights, key)}))


def _sha256(weights: Mapping[str, Tensor], key: str) -> str:
    return json_digest([key, tensors_digest(weights)])
