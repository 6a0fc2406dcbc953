"""The speed benchmarks have one row for each registered method and metric, those of a later one among them."""

import re
import subprocess
import sys
from pathlib import Path

from whybench import registries


def test_every_registered_method_and_metric_has_one_row(root: Path) -> None:
    files = {"test_method": "benchmarks/test_method_speed.py", "test_metric": "benchmarks/test_metric_speed.py"}
    command = [sys.executable, "-m", "pytest", *files.values(), "--collect-only", "-q", "-p", "no:cacheprovider"]
    collected = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert collected.returncode == 0, collected.stdout + collected.stderr
    rows = re.findall(r"::(test_\w+)\[([^\s(\]]+)", collected.stdout)
    registries.fill()
    for test, registry in (("test_method", registries.methods), ("test_metric", registries.metrics)):
        ours = [name for name in registry if registry[name].__module__.startswith("whybench.")]
        assert sorted(name for of, name in rows if of == test) == sorted(ours)
