"""Where it is known which map is best: one number a pixel, added up."""

from typing import Any

import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.checking.metric_world import Answers, draw
from whybench.domains import ImageDomain
from whybench.protocols import AttributionMethod, Case, Metric, Model, Query, Truth
from whybench.protocols.method import require

SHAPE = (1, 4, 6)
PIXELS = 24
IDS = ("ant", "bee", "cat")


class Sum(nn.Module):
    """The weighted sum of all pixels less half of what it mostly is; one number, or two logits, the second being 0."""

    def __init__(self, classes: bool) -> None:
        super().__init__()
        self.weight, self.classes = nn.Parameter(weights(), requires_grad=False), classes

    def forward(self, inputs: Tensor) -> Tensor:
        total = (inputs * self.weight.to(inputs)).flatten(1).sum(1) - weights().sum().to(inputs) / 2
        return torch.stack([total, torch.zeros_like(total)], 1) if self.classes else total


def weights() -> Tensor:
    """One a pixel, no two alike, larger in the first four pixels, and of both signs elsewhere."""
    found = 0.1 * draw(*SHAPE, seed=7)
    found[..., :2, :2] = 0.6 + found[..., :2, :2].abs()
    return found


def masks() -> Tensor:
    """The four pixels with the largest weights."""
    found = torch.zeros(len(IDS), *SHAPE[1:], dtype=torch.bool)
    found[:, :2, :2] = True
    return found


def images() -> Tensor:
    """Bright in the first four pixels, of both signs elsewhere."""
    found = draw(len(IDS), *SHAPE, seed=8).clamp(-2, 2)
    found[..., :2, :2] = 1 + 0.5 * found[..., :2, :2].abs()
    return found


def on_sum(metric: Metric[Any], method: AttributionMethod, classes: bool = True) -> Case[Any]:
    """The case of a method on the sum; its first class is explained. Raises Unsupported where the metric needs more."""
    model = Model("sum", Sum(classes), ImageDomain(low=-4.0, high=4.0), output="classes" if classes else "scalar")
    targets = torch.zeros(len(IDS), dtype=torch.int64)
    require(metric, model, Truth(masks()))
    return open_case(method, model, images(), targets, ids=IDS, seed=3, truth=Truth(masks()))


def oracle(query: Query) -> Tensor:
    """What each pixel adds."""
    return query.inputs * weights().to(query.inputs)


def drawn(seed: int) -> AttributionMethod:
    """A map of noise of its own for each sample."""
    return Answers(lambda query: query.per_sample(lambda i: draw(*SHAPE, seed=seed + sum(map(ord, i)))))


def times(factor: float) -> AttributionMethod:
    """The oracle times a factor."""
    return Answers(lambda query: factor * oracle(query))
