"""Deletion and insertion on both networks: beside the bare passes of the very same rows, and beside Quantus."""

import numpy as np
import pytest
import torch
from conftest import PUBLISHED, Against, Passes, Work, laid_out, opened, unshared
from ideal import ideal, milliseconds
from peers import quantus_metric, quiet
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

from whybench import bare
from whybench.suite import metric

PLACES = {"digits_cnn": ("digits", 64, 64, 1), "efficientnet_lite0": ("imagenet_photos", 4, 24, 3)}
"""Data set, samples, steps, and steps of Quantus between two at which whole pixels are gone.

Quantus flips single channels, so many a step as divide the pixels of an image; with three channels, every third of its
steps has flipped as many pixels as ours of the same number.
"""

pytestmark = pytest.mark.benchmark(group="sweeps", disable_gc=True)


def shuffled(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Maps without ties, since maps with ties are swept twice: pixels in random order, and channels within pixels."""
    n, channels, *sides = inputs.shape
    pixels = sides[0] * sides[1]
    drawn = torch.rand(n, pixels, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rank = drawn.argsort(1).argsort(1)[:, None]
    return (rank * channels + torch.arange(channels)[:, None]).float().view(inputs.shape)


@pytest.mark.parametrize("direction", ["deletion", "insertion"])
@pytest.mark.parametrize("model", PLACES)
def test_sweep(model: str, direction: str, benchmark: BenchmarkFixture, against: Against) -> None:
    dataset, samples, steps, every = PLACES[model]
    with opened(model, dataset, samples) as where, quiet():
        case = where.case(shuffled)
        name = "pixel_flipping" if direction == "deletion" else "insertion"
        judge = metric(f"{name}(infill='zero', region=1, steps={steps}, output='probability')")

        def score() -> object:
            return judge.score(unshared(case))

        passes, best = Passes(where, score), ideal(where)
        benchmark.extra_info["samples"] = samples
        benchmark.extra_info["forward"] = len(passes.forward) / samples
        references: dict[str, Work | None] = {"bare forwards of the same rows": passes.at(best)}
        if direction == "deletion":
            size = case.inputs[0, 0].numel() * every // steps
            theirs = quantus_metric("PixelFlipping", case, True, features_in_step=size, perturb_baseline=0.0)
            references["Quantus"] = theirs
            if theirs is not None:
                curves = judge.score(unshared(case)).curves
                assert curves is not None
                apart = np.abs(curves.y[:, 1:].numpy() - np.array(theirs()))[:, every - 1 :: every].max()
                benchmark.extra_info["curve apart from Quantus'"] = float(apart)
                benchmark.extra_info["points compared"] = steps // every
        against(score, references, PUBLISHED)


@pytest.mark.parametrize("model", PLACES)
@pytest.mark.benchmark(group="batch and layout")
def test_bare_forward(model: str, benchmark: BenchmarkFixture, against: Against) -> None:
    """The batch plan beside itself, which is the noise floor; and what every layout and batch size costs."""
    dataset, samples, *_ = PLACES[model]
    with opened(model, dataset, samples) as where:
        for (rows, last), cost in milliseconds(where).items():
            benchmark.extra_info[f"{rows} rows, channels {'last' if last else 'first'}"] = cost
        benchmark.extra_info["rows a pass"] = where.plan.rows
        best = ideal(where)
        inputs = laid_out(where.bench.inputs, best)

        def fastest() -> None:
            bare.forward(best.bench.model, inputs, best.plan)

        against(where.forward, {"itself": where.forward, "the best batch and layout": fastest}, PUBLISHED)
