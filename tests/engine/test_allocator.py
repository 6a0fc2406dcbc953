"""Freed memory that is used again."""

import json
import platform
import subprocess
import sys

import pytest

COUNTING = """
import json, resource, sys
import torch
from whybench.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    held = [torch.zeros(2**18) for _ in range(24)]
    del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

torch.set_num_threads(1)
keep_freed_memory()
json.dump([faults() for _ in range(4)], sys.stdout)
"""
"""24 MiB in tensors of one, of 256 pages each, taken and given back four times."""
PAGES = 24 * 256


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library learns from what is freed")
def test_freed_memory_is_fetched_from_the_system_once() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTING], check=True, capture_output=True, text=True)
    assert [round(faults / PAGES) for faults in json.loads(done.stdout)] == [1, 0, 0, 0]
