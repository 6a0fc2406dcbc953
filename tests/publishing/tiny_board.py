"""A board that runs in a second: two small models, a control, a metric that is undefined once, a method that fails."""

import torch
from failing_parts import Breaks, FirstUndefined
from torch import nn

from whybench.domains import TabularDomain
from whybench.protocols import Dataset, Model
from whybench.suite import Suite, block

NAME = "tiny_board"


def model(name: str = "tiny_mlp", seed: int = 0) -> Model:
    draws = torch.Generator().manual_seed(seed)
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double().eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape, generator=draws, dtype=torch.float64))
    return Model(name=name, module=module, domain=TabularDomain(mean=0.5, columns=("a", "b", "c", "d")))


def data(name: str = "tiny_table", samples: int = 5) -> Dataset:
    values = torch.rand((samples, 4), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return Dataset(name, list(values), tuple("vwxyz"[:samples]), torch.zeros(samples, dtype=torch.int64))


METHODS = ("gradient", "integrated_gradients(steps=4)", "random", "guided_backprop")
METRICS = ("srg(infill='mean', steps=4)", "pixel_flipping(steps=4)")


def tiny_suite(name: str = NAME) -> Suite:
    """12 cells of five samples and 8 of four."""
    wide = block(model(), data(), [*METHODS[:3], Breaks()], [*METRICS, FirstUndefined()])
    return Suite(name, (wide, block(model("other_mlp", 5), data("other_table"), METHODS, METRICS, samples=4)))
