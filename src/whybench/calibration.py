"""The batch plan of a model that declares no layout: timed once on a machine, then remembered in the user's cache."""

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from whybench import bare, user_cache
from whybench.batch_plan import BatchPlan
from whybench.clock import timed
from whybench.convolutions import convolves
from whybench.isolation import isolated
from whybench.layout import laid_out
from whybench.protocols import Model
from whybench.protocols.asking import predict
from whybench.protocols.model import steady

ROUNDS = 7
"""How often two plans are timed by turns, at most: of three, on a busy machine the slower plan often had the least."""
FAR = 2.0
"""How far ahead one of them is after any round for no other to be run; a first lap may be half as long again."""
CLEAR = 1.05
"""How far ahead another plan has to be to be taken."""
BUDGET = 2.0
"""Seconds after which no further round is begun."""

logger = logging.getLogger(__name__)

Stopwatch = Callable[[Callable[[], object], torch.device], float]


def busy(work: Callable[[], object], device: torch.device) -> float:
    """Seconds of one call: of the CPU, so that others on the machine matter less, or on the wall for other devices."""
    seconds, _ = timed(work, device)
    return seconds.cpu if device.type == "cpu" else seconds.wall


def calibrated(
    model: Model, inputs: Tensor, plan: BatchPlan, rows: int | None = None, stopwatch: Stopwatch = busy
) -> BatchPlan:
    """The faster of both memory layouts and then, unless `rows` are fixed, of `plan.rows` and half of them.

    That is timed for images that are convolved; `plan` itself is the answer for everything else, and for a model that
    fails in the other layout, as `view` does, or answers the first two samples otherwise by more than rounding. One
    batch goes forward and backward in each, the least time of at most ROUNDS turns counts. What was found is kept for
    these weights, shapes, device, threads and version of torch; it is timed again where the file is gone or damaged.
    """
    if inputs.ndim != 4:
        return plan
    try:
        with isolated("the batch plan", model.module, logger.info), steady(model.module):
            if not convolves(model, inputs[:1]) or not _alike(model, inputs[:2]):
                return plan
            facts = asdict(plan) | {"model": model.digest, "shape": list(inputs.shape[1:]), "fixed": rows is not None}
            facts |= {"torch": str(torch.__version__)}
            found = user_cache.remembered("batch plan", facts)
            if found is None:
                found = _fastest(model, inputs, plan, rows is None, stopwatch)
                user_cache.remember("batch plan", facts, found)
            return replace(plan, **found)
    except Exception as error:  # a model that cannot run in the other layout keeps its own
        logger.info("the batch plan of %s is that of its shapes: %s", model.name, error)
        return plan


def _alike(model: Model, rows: Tensor) -> bool:
    """Whether both layouts give the same answers, apart from rounding."""
    first, last = (predict(replace(model, channels_last=place), laid_out(rows, place)) for place in (False, True))
    rounding = torch.finfo(first.dtype).eps ** (2 / 3)
    return bool((first - last).abs().max() <= rounding * first.abs().max())


def _fastest(model: Model, inputs: Tensor, plan: BatchPlan, halve: bool, stopwatch: Stopwatch) -> dict[str, Any]:
    """The rows and layout of the fastest plan."""
    batch = inputs[torch.arange(plan.rows, device=inputs.device) % len(inputs)]
    race = _Race(model, batch, stopwatch)
    best = race.winner(plan, replace(plan, channels_last=not plan.channels_last))
    if halve and plan.rows > 1:
        best = race.winner(best, replace(best, rows=plan.rows // 2))
    return {"rows": best.rows, "channels_last": best.channels_last}


class _Race:
    """Plans timed on one batch, within one budget."""

    def __init__(self, model: Model, batch: Tensor, stopwatch: Stopwatch) -> None:
        self.model, self.batch, self.stopwatch = model, batch, stopwatch
        self.spent = 0.0

    def winner(self, first: BatchPlan, other: BatchPlan) -> BatchPlan:
        """`other` where it is clearly faster, `first` everywhere else."""
        works = [partial(self._pass, plan, laid_out(self.batch, plan.channels_last)) for plan in (first, other)]
        least = [float("inf")] * 2
        for number in range(ROUNDS):
            if self.spent > BUDGET:
                break
            for which in (0, 1) if number % 2 == 0 else (1, 0):
                seconds = self.stopwatch(works[which], self.batch.device)
                least[which] = min(least[which], seconds)
                self.spent += seconds
            if max(least) > FAR * min(least):
                break
        return other if CLEAR * least[1] < least[0] else first

    def _pass(self, plan: BatchPlan, batch: Tensor) -> None:
        model = replace(self.model, channels_last=plan.channels_last)
        bare.forward(model, batch, plan)
        if "gradients" in model.capabilities:
            bare.gradient(model, batch, torch.zeros(len(batch), dtype=torch.int64, device=batch.device), plan)
