"""What a result was made with: versions and machine, and nothing that names a person."""

import json
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

import torch

from whybench.sources import tree_digest

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG")
"""The only environment variables that are recorded."""

LIBRARIES = ("whybench", "torch", "numpy", "captum", "scipy", "pandas", "scikit-learn", "pillow")

MOVES_NUMBERS = (".py", ".safetensors", ".json")
"""Files of the package that can change a score: code, and the weights of what is learned."""


@cache
def library_version(name: str) -> str:
    """The installed version of a library, or 'not installed'; of whybench the one of its `engine`."""
    try:
        return engine() if name == "whybench" else version(name)
    except PackageNotFoundError:
        return "not installed"


def engine() -> str:
    """whybench's version, and of an editable install the digest of its code: 0.1.0+code.1a2b3c4d5e6f.

    A release's version says what its code is; a working tree changes under one version, and what was stored before a
    change must not be taken for what is computed after it.
    """
    installed = distribution("whybench")
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return installed.version
    return f"{installed.version}+code.{tree_digest(Path(__file__).parent, MOVES_NUMBERS)[:12]}"


def environment() -> dict[str, Any]:
    """Versions, processor, threads and the few environment variables that can move a number."""
    return {
        "python": platform.python_version(),
        "libraries": {name: library_version(name) for name in LIBRARIES},
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
