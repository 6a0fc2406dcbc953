"""Models that draw from the global generators, or raise: the generators are as they were before."""

import random
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench import evaluate, method
from whybench.errors import BadInput


class Draws(nn.Module):
    """A linear model that draws from every global generator at each pass, and raises after `passes` of them."""

    def __init__(self, passes: float) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 3)
        self.passes = passes

    def forward(self, inputs: Tensor) -> Tensor:
        random.random()
        np.random.rand()  # noqa: NPY002 - the global one is meant
        torch.rand(1)
        self.passes -= 1
        if self.passes < 0:
            raise RuntimeError("no more passes")
        output: Tensor = self.linear(inputs)
        return output


def generators() -> list[Any]:
    legacy = np.random.get_state()  # noqa: NPY002
    return [random.getstate(), legacy[1].tolist(), legacy[2:], torch.get_rng_state().tolist()]  # type: ignore[index,union-attr]


@pytest.mark.parametrize("passes", [0, 1, 2, float("inf")])
@pytest.mark.parametrize("name", ["gradient", "occlusion", "random", "captum/saliency"])
def test_attribute_leaves_the_generators(name: str, passes: float) -> None:
    net, before = Draws(passes), generators()
    with suppress(RuntimeError):
        method(name).attribute(net, torch.ones(2, 4))
    assert generators() == before


@pytest.mark.parametrize("passes", [0, 1, 5, 9, float("inf")])
def test_evaluate_leaves_the_generators(passes: float) -> None:
    net, before = Draws(passes), generators()
    with suppress(RuntimeError, BadInput):
        evaluate(net, torch.ones(2, 4), methods=["gradient", "random"], metrics=["srg", "mprt(seeds=1)"])
    assert generators() == before
