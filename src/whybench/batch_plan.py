"""The batch plan: how many rows go through a model at once, fixed before the first cell and part of every key."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whybench.layout import lies_last
from whybench.protocols import Model
from whybench.protocols.model import steady

MOST_ROWS = 256
ACTIVATION_BYTES = {"cpu": 24 * 2**20, "cuda": 2 * 2**30}
"""How large the largest activation of one pass may be: past the caches a CPU gets slower with every row."""


@dataclass(frozen=True)
class BatchPlan:
    """Rows a pass, memory layout, threads, precision and device; float32 scores are the same for the same plan."""

    rows: int
    channels_last: bool
    threads: int
    dtype: str
    device: str


def plan_by_shapes(model: Model, inputs: Tensor, rows: int | None = None) -> BatchPlan:
    """The plan for one model: the largest power of two of rows whose largest activation fits the device's caches.

    It is found from the shapes of one forward pass, not from timings, so that it is the same on every machine. The
    layout is the one that the model declares, or else that of the inputs.
    """
    fitting = rows or _fitting_rows(model, inputs)
    return BatchPlan(
        rows=fitting,
        channels_last=lies_last(inputs) if model.channels_last is None else model.channels_last,
        threads=torch.get_num_threads(),
        dtype=str(inputs.dtype).removeprefix("torch."),
        device=inputs.device.type,
    )


def _fitting_rows(model: Model, inputs: Tensor) -> int:
    largest = inputs[0].numel() * inputs.element_size()

    def see(module: nn.Module, args: Any, output: Any) -> None:
        nonlocal largest
        if isinstance(output, Tensor):
            largest = max(largest, output.numel() * output.element_size())

    handles = [m.register_forward_hook(see) for m in model.module.modules()]
    try:
        with steady(model.module), torch.inference_mode():
            model.module(inputs[:1].clone())
    finally:
        for handle in handles:
            handle.remove()
    budget = ACTIVATION_BYTES.get(inputs.device.type, ACTIVATION_BYTES["cpu"])
    rows = 1
    while rows < MOST_ROWS and 2 * rows * largest <= budget:
        rows *= 2
    return rows
