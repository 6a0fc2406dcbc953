"""Wall and CPU seconds of a piece of work; a lap is measured on a quiet interpreter."""

import gc
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import torch

T = TypeVar("T")


class Lap(NamedTuple):
    """Seconds of one call; CPU seconds add up over threads."""

    wall: float
    cpu: float


def lap(work: Callable[[], T], device: torch.device | str = "cpu", repeats: int = 1) -> tuple[Lap, T]:
    """Seconds of one call of `work`, the mean over `repeats` calls in a row, and what the first call returned.

    The device is waited for before and after; garbage is collected before, and not meanwhile.
    """
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        return timed(work, torch.device(device), repeats)
    finally:
        if collecting:
            gc.enable()


def timed(work: Callable[[], T], device: torch.device, repeats: int = 1) -> tuple[Lap, T]:
    """As `lap`, with whatever the interpreter does meanwhile."""
    _wait_for(device)
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    result = work()
    for _ in range(repeats - 1):
        work()
    _wait_for(device)
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    return Lap(wall / repeats / 1e9, cpu / repeats / 1e9), result


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
