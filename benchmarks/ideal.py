"""The unit of results/performance: the bare model at the batch size and memory layout at which it is fastest here."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np
import torch
from conftest import Place, laid_out

from whybench import bare
from whybench.clock import lap
from whybench.streams import Streams
from whybench.timing import Rounds
from whybench.timing.rounds import Contender, race

ROWS = {"digits_cnn": (1, 16, 64, 256, 1024), "mnist_cnn": (1, 16, 64, 256), "efficientnet_lite0": (1, 4, 16)}
ROUNDS = Rounds(most=5, least=3, budget=5.0, shortest=0.05)


FOUND: dict[str, dict[tuple[int, bool], float]] = {}


@cache
def ideal(place: Place) -> Place:
    """The same samples and model, laid out and batched as is fastest."""
    found = milliseconds(place)
    size, last = min(found, key=found.__getitem__)
    return batched(in_layout(place, last), size)


def milliseconds(place: Place) -> dict[tuple[int, bool], float]:
    """CPU time a row of bare forward passes, by rows a pass and whether channels come last; measured once a model."""
    name = place.bench.model.name
    if name not in FOUND:
        FOUND[name] = _measured(place, ROWS[name])
    return FOUND[name]


def _measured(place: Place, sizes: Sequence[int]) -> dict[tuple[int, bool], float]:
    most = max(sizes)
    some = place.bench.inputs
    repeated = some.repeat(-(-most // len(some)), 1, 1, 1)[:most]
    contenders = {}
    for last in (True, False):
        fitted = in_layout(place, last)
        rows = laid_out(repeated, fitted)
        for size in sizes:
            work = partial(bare.forward, fitted.bench.model, rows, batched(fitted, size).plan)
            contenders[size, last] = Contender(work, lambda result: None, warm_up=lap(work)[0].wall)
    race(list(contenders.values()), ROUNDS, "cpu", Streams(0), lambda number: None)
    return {
        candidate: float(np.median([each.cpu for each in contender.laps])) / most * 1e3
        for candidate, contender in contenders.items()
    }


def batched(place: Place, rows: int) -> Place:
    """The same place with so many rows a pass."""
    return replace(place, plan=replace(place.plan, rows=rows))


def in_layout(place: Place, channels_last: bool) -> Place:
    """The same model and inputs in a memory layout; the model itself where it has that layout."""
    model, bench = place.bench.model, place.bench
    if model.channels_last == channels_last:
        return place
    layout = torch.channels_last if channels_last else torch.contiguous_format
    module = copy.deepcopy(model.module).to(memory_format=layout)  # type: ignore[call-overload]
    other = replace(model, module=module, channels_last=channels_last)
    return replace(place, bench=replace(bench, model=other, inputs=bench.inputs.contiguous(memory_format=layout)))
