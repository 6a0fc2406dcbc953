"""Peak memory of pixel flipping over the data that are loaded anyway: a fresh process each, Quantus beside.

glibc keeps up to 64 MiB of what has been freed for later. `handed back`: it was told not to, so that what is counted is
what is held.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from peers import installed
from pytest_benchmark.fixture import BenchmarkFixture

CHILD = Path(__file__).parent / "memory_child.py"
ROWS = {
    "whybench, regions of 16 x 16": ("whybench", 16),
    "whybench, single pixels": ("whybench", 1),
    "Quantus, single pixels": ("Quantus", 1),
}
HANDED_BACK = {"MALLOC_MMAP_THRESHOLD_": str(2**17), "MALLOC_TRIM_THRESHOLD_": str(2**17)}

pytestmark = pytest.mark.benchmark(group="memory")


@pytest.mark.parametrize("images", [256, 1024])
@pytest.mark.parametrize(
    ("row", "settings"),
    [pytest.param(row, {}, id=row) for row in ROWS]
    + [pytest.param(row, HANDED_BACK, id=f"{row}, handed back") for row in ROWS],
)
def test_pixel_flipping(row: str, settings: dict[str, str], images: int, benchmark: BenchmarkFixture) -> None:
    who, region = ROWS[row]
    found: dict[str, Any] = {"extra MiB": "not installed"}

    def measured() -> None:
        if who == "whybench" or installed("quantus"):
            asked = [sys.executable, str(CHILD), who, str(images), str(region)]
            ran = subprocess.run(asked, check=True, capture_output=True, text=True, env=os.environ | settings)
            found.update(json.loads(ran.stdout))

    benchmark.pedantic(measured, rounds=1, iterations=1)
    benchmark.extra_info |= {"images": images, **found}
    if isinstance(found["extra MiB"], float):
        benchmark.extra_info["extra in batches"] = found["extra MiB"] / found["batch MiB"]
