"""The points of the growth curves: what is run at each, and what it costs."""

import ctypes
import gc
from collections.abc import Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

import torch
from torch import nn

import whybench
from whybench.cases import open_case
from whybench.meter import Meter
from whybench.protocols.asking import ask_targets, sample_ids, wrap
from whybench.registries import methods
from whybench.suite import judges

ROWS = 64
SWEPT = (
    "pixel_flipping",
    "selectivity",
    "aopc",
    "insertion",
    "abpc",
    "srg(infill='mean')",
    "ssr(infill='mean')",
    "sdr(infill='mean')",
)
"""Metrics that read the same two sweeps; the first three read one of them."""


@dataclass(frozen=True)
class Work:
    """What is run: `methods` times gradient on random images of `side` x `side` pixels, by `metrics`."""

    samples: int = 64
    side: int = 28
    methods: int = 1
    metrics: Sequence[str] = ("pixel_flipping",)


SIZES = {
    "samples": (128, 256, 512, 1024, 2048),
    "features": (32, 48, 64, 96, 128),
    "steps": (24, 49, 98, 196),
    "methods": (1, 2, 4, 8),
    "methods sharing passes": (1, 2, 4, 8),
    "metrics": (1, 2, 4, 8),
}
"""The points of each axis; features are the pixels of images with so many on a side."""


def work(axis: str, size: int) -> Work:
    """What is run at one point of an axis."""
    return {
        "samples": Work(samples=size),
        "features": Work(samples=32, side=size),
        "steps": Work(samples=256, metrics=(f"pixel_flipping(steps={size}, region=2)",)),
        "methods": Work(methods=size),
        "methods sharing passes": Work(methods=size, metrics=("faithfulness_correlation", "infidelity")),
        "metrics": Work(metrics=SWEPT[:size]),
    }[axis]


def network() -> nn.Module:
    """A small convolutional network whose cost is proportional to the pixels of its input."""
    torch.manual_seed(0)
    layers = (nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU())
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)).eval()


@dataclass(frozen=True, eq=False)
class Point:
    """One size of one axis, ready to be run again and again."""

    axis: str
    size: int
    work: Work
    module: nn.Module
    inputs: torch.Tensor

    @property
    def place(self) -> int:
        """The size as it stands on the axis."""
        return self.size * self.size if self.axis == "features" else self.size

    def seconds(self) -> float:
        """CPU seconds of one whole run."""
        start = process_time()
        _run(self.module, self.inputs, self.work)
        return process_time() - start

    def passes(self) -> tuple[int, int]:
        """Samples forward and backward through the model in one whole run, its layout timed before, once a machine."""
        _run(self.module, self.inputs, self.work)
        meter = Meter()
        with meter.watching(self.module):
            _run(self.module, self.inputs, self.work)
        return meter.forward, meter.backward

    def peak(self) -> float:
        """Peak memory while maps are judged, in MiB above that of inputs and maps."""
        what, meter, most = self.work, Meter(), 0
        model = wrap(self.module, self.inputs, bounds=(0.0, 1.0))
        targets, names = ask_targets(model, self.inputs, None, ROWS), sample_ids(len(self.inputs))
        for _ in range(what.methods):
            case = open_case(methods["gradient"](), model, self.inputs, targets, ids=names, rows=ROWS)
            _give_back()
            with meter.section() as section:
                for metric in judges(what.metrics):
                    metric.score(case)
            most = max(most, section.cost.peak_bytes or 0)
        return most / 2**20


def points() -> list[Point]:
    """All points of all axes."""
    return [_point(axis, size) for axis, sizes in SIZES.items() for size in sizes]


def _point(axis: str, size: int) -> Point:
    what = work(axis, size)
    inputs = torch.rand(what.samples, 3, what.side, what.side, generator=torch.Generator().manual_seed(1))
    return Point(axis, size, what, network(), inputs)


def _give_back() -> None:
    """Let the C library return what is free to the system, so that it shows when it is needed again."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _run(module: nn.Module, inputs: torch.Tensor, what: Work) -> None:
    asked: dict[str, Any] = {f"gradient {i}": "gradient" for i in range(what.methods)}
    board = whybench.evaluate(
        module, inputs, methods=asked, metrics=list(what.metrics), bounds=(0.0, 1.0), batch_size=ROWS
    )
    failed = board.scores.loc[board.scores["status"].isin(["failed", "unsupported"]), "reason"].unique()
    if len(failed):
        raise SystemExit(f"{what}: {failed}")
