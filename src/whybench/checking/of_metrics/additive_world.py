"""Where it is known which map is best: one number a pixel, added up."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.checking.metric_world import Answers, draw
from whybench.domains import ImageDomain
from whybench.protocols import AttributionMethod, Case, Metric, Model, Query, Retraining, Truth
from whybench.protocols.method import require

SHAPE = (1, 4, 6)
PIXELS = 24
IDS = ("ant", "bee", "cat")


class Sum(nn.Module):
    """The weighted sum of all pixels less half of what it mostly is; one number, or two logits, the second being 0.

    rectified: negative sums are 0.
    """

    def __init__(self, classes: bool, weight: Tensor | None = None, rectified: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(weights() if weight is None else weight, requires_grad=False)
        self.classes, self.rectified = classes, rectified

    def forward(self, inputs: Tensor) -> Tensor:
        weight = self.weight.to(inputs)
        total = (inputs * weight).flatten(1).sum(1)
        total = total.relu() if self.rectified else total - weight.sum() / 2
        return torch.stack([total, torch.zeros_like(total)], 1) if self.classes else total


def evidence(shape: tuple[int, ...] = SHAPE) -> Tensor:
    """The two by two pixels at the top right: where height and width are exchanged, they lie elsewhere."""
    found = torch.zeros(shape[1:], dtype=torch.bool)
    found[:2, -2:] = True
    return found


def weights(shape: tuple[int, ...] = SHAPE) -> Tensor:
    """One a pixel, no two alike, largest in the four pixels of the evidence, and of both signs elsewhere."""
    found = 0.1 * draw(*shape, seed=7)
    found[:, evidence(shape)] = 0.6 + found[:, evidence(shape)].abs()
    return found


def masks(shape: tuple[int, ...] = SHAPE) -> Tensor:
    """The evidence, for each sample."""
    return evidence(shape).expand(len(IDS), *shape[1:]).clone()


def images(shape: tuple[int, ...] = SHAPE, count: int = len(IDS)) -> Tensor:
    """Bright where the evidence lies, of both signs elsewhere."""
    found = draw(count, *shape, seed=8).clamp(-2, 2)
    found[..., evidence(shape)] = 1 + 0.5 * found[..., evidence(shape)].abs()
    return found


def on_sum(metric: Metric[Any], method: AttributionMethod, classes: bool = True) -> Case[Any]:
    """The case of a method on the sum; its first class is explained. Raises Unsupported where the metric needs more."""
    return explained(metric, method, summing(Sum(classes)))


def summing(module: Sum) -> Model:
    """The model of a sum; one of two classes can be trained again."""
    retraining = _again(module) if module.classes and not module.rectified else None
    domain = ImageDomain(low=-4.0, high=4.0)
    return Model("sum", module, domain, output="classes" if module.classes else "scalar", retraining=retraining)


def _again(module: Sum) -> Retraining:
    """The weights that bring the sums of many images, half of them negatives, nearest to 4 or -4 by their labels."""
    seen = images(tuple(module.weight.shape), 64)
    seen[::2] *= -1

    def train_on(inputs: Tensor, wanted: Tensor, seed: int) -> Mapping[str, Tensor]:
        sums = (4 - 8 * wanted)[:, None].to(inputs)
        solved = torch.linalg.lstsq(inputs.flatten(1) - 0.5, sums, driver="gelsd").solution
        return {"weight": solved.view_as(module.weight)}

    labels = module(seen).argmax(1)
    return Retraining(seen, labels, lambda wanted, effort: train_on(seen, wanted, effort), train_on)


def explained(metric: Metric[Any], method: AttributionMethod, model: Model, turned: bool = False) -> Case[Any]:
    """The case of a method on some sum of pixels; raises Unsupported where the metric needs more.

    turned: the model's weights are transposed, and so are to be the images and the evidence.
    """
    module: Any = model.module
    weight = module.weight.mT if turned else module.weight
    shape, targets = tuple(weight.shape), torch.zeros(len(IDS), dtype=torch.int64)
    inputs, evident = images(shape), masks(shape)
    if turned:
        inputs, evident = inputs.mT.contiguous(), evident.mT.contiguous()
    truth = Truth(evident)
    require(metric, model, truth)
    return open_case(method, model, inputs, targets, ids=IDS, seed=3, truth=truth)


def oracle(query: Query) -> Tensor:
    """What each pixel adds to the first class, or takes from the second."""
    module: Any = query.model.module
    sign = (1 - 2 * query.targets).view(-1, 1, 1, 1)
    added: Tensor = sign * query.inputs * module.weight.to(query.inputs)
    return added


def drawn(seed: int) -> AttributionMethod:
    """A map of noise of its own for each sample."""
    return Answers(lambda query: query.per_sample(lambda i: draw(*SHAPE, seed=seed + sum(map(ord, i)))))


def times(factor: float) -> AttributionMethod:
    """The oracle times a factor."""
    return Answers(lambda query: factor * oracle(query))
