"""What work costs: samples through the model, seconds and memory, charged to whoever did it."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from whybench.records import Cost

_CLEAR, _STATUS, _PAGES = (Path("/proc/self") / name for name in ("clear_refs", "status", "statm"))


class Meter:
    """Counts every sample that goes through a model, and charges cost to nested sections.

    A section pays for what is done inside it but not inside a section within it, so that a metric does not pay for
    the shared artifact that it was the first to ask for.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.forward = 0
        self.backward = 0
        self._open: list[Section] = []
        self._mark = self._now()

    @contextmanager
    def watching(self, module: nn.Module) -> Iterator[None]:
        """Count the samples that pass `module`, and any deep copy of it made meanwhile."""
        handle = module.register_forward_hook(self._count)
        try:
            yield
        finally:
            handle.remove()

    def __deepcopy__(self, memo: dict[int, Any]) -> "Meter":
        """The meter itself: a copied module brings its hook along, and its passes are to be counted here."""
        return self

    def section(self) -> "Section":
        """A context to be entered once; its `cost` is complete when it is left."""
        return Section(self)

    def enter(self, section: "Section") -> None:
        """Charge what was done so far to the section around, and open this one."""
        self._charge()
        self._open.append(section)
        self._restart_peak()

    def leave(self) -> None:
        """Charge what was done since to the innermost section, and close it."""
        self._charge()
        self._open.pop()
        self._restart_peak()

    def _count(self, module: nn.Module, inputs: Any, output: Any) -> None:
        if not isinstance(output, Tensor) or output.ndim == 0:
            return
        self.forward += len(output)
        if output.requires_grad:
            output.register_hook(self._count_backward)  # type: ignore[no-untyped-call]

    def _count_backward(self, gradient: Tensor) -> None:
        self.backward += len(gradient)

    def _now(self) -> tuple[int, int, float, float]:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return self.forward, self.backward, time.perf_counter(), time.process_time()

    def _charge(self) -> None:
        now = self._now()
        if self._open:
            self._open[-1].add([b - a for a, b in zip(self._mark, now, strict=True)], self._peak())
        self._mark = now

    def _restart_peak(self) -> None:
        self._base = _resident()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            self._base = torch.cuda.memory_allocated(self.device)
        else:
            _reset_high_water()

    def _peak(self) -> int:
        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_allocated(self.device)) - self._base
        return max(0, _high_water() - self._base)


class Section:
    """The running total of one section."""

    def __init__(self, meter: Meter) -> None:
        self.cost = Cost()
        self._meter = meter

    def __enter__(self) -> "Section":
        self._meter.enter(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._meter.leave()

    def add(self, spent: list[Any], peak: int) -> None:
        c = self.cost
        self.cost = Cost(
            forward=c.forward + spent[0],
            backward=c.backward + spent[1],
            wall_seconds=c.wall_seconds + spent[2],
            cpu_seconds=c.cpu_seconds + spent[3],
            peak_bytes=max(c.peak_bytes or 0, peak),
        )


def _reset_high_water() -> None:
    """On Linux, forget the process's peak memory so far; elsewhere the peak can only grow."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return


def _resident() -> int:
    try:
        return int(_PAGES.read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return _lifetime_peak()


def _high_water() -> int:
    try:
        peak = _STATUS.read_text().partition("VmHWM:")[2].split(maxsplit=1)
    except OSError:
        return _lifetime_peak()
    return int(peak[0]) * 1024 if peak else _lifetime_peak()


def _lifetime_peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
