"""A small real run: two blocks, methods and controls, a metric with curves, one that is undefined, one that fails."""

import numpy as np
import torch
from failing_parts import Breaks, FirstUndefined, NeverRuns
from torch import Tensor, nn

from whybench.domains import ImageDomain, TabularDomain
from whybench.protocols import Dataset, Model
from whybench.suite import Suite, block


class Pixels(nn.Module):
    """Three classes from 8 x 8 pixels."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 3, 3)
        self.head = nn.Linear(3 * 36, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.conv(x)).flatten(1))


def image_model(name: str = "tiny_cnn", classes: tuple[str, ...] = ("zero", "one", "two")) -> Model:
    module = Pixels().double().eval()
    return Model(name=name, module=module, domain=ImageDomain(low=0.0, high=1.0, mean=0.3), class_names=classes)


def image_data(name: str = "tiny_images", ids: tuple[str, ...] = ("a", "b", "c", "d")) -> Dataset:
    draws = np.random.default_rng(1)
    samples = [torch.from_numpy(draws.random((1, 8, 8))) for _ in ids]
    return Dataset(name, samples, ids, torch.arange(len(ids)) % 3)


def table_model() -> Model:
    torch.manual_seed(2)
    domain = TabularDomain(mean=0.5, columns=("age", "weight <kg>", "height"))
    return Model(name="tiny_mlp", module=nn.Linear(3, 2).double().eval(), domain=domain)


def table_data() -> Dataset:
    draws = np.random.default_rng(3)
    samples = [torch.from_numpy(draws.random(3)) for _ in range(5)]
    return Dataset("tiny_table", samples, tuple("vwxyz"), torch.zeros(5, dtype=torch.int64))


METHODS = ("gradient", "input_x_gradient", "integrated_gradients(steps=4)", "random", "constant")
METRICS = ("srg(infill='mean', steps=4)", "pixel_flipping(steps=4)", "sdr(infill='mean', steps=4)", "mprt(seeds=1)")


def tiny_suite(name: str = "tiny") -> Suite:
    more = (*METRICS, FirstUndefined(), NeverRuns())
    images = block(image_model(), image_data(), [*METHODS, Breaks()], more)
    return Suite(name, (images, block(table_model(), table_data(), METHODS, METRICS[:2])))
