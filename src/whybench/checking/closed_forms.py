"""What methods have to give on a chain of three layers, each in a few lines of its definition."""

from collections.abc import Callable, Mapping
from itertools import product
from math import comb

import torch
from torch import Tensor

from whybench.checking import shares
from whybench.checking.chain import Chain

Form = Callable[[Chain, Tensor, int], Tensor]
"""(chain, one input, its target) -> the map of that input."""
Rectifier = Callable[[Tensor, int], Tensor]
"""(what arrives at a layer's rectifier from above, the number of the layer) -> what goes on."""


def backwards(known: Chain, target: int, rectifier: Rectifier) -> Tensor:
    """From one at the target down through transposed weights."""
    arrived = known.weights[-1][target]
    for layer in reversed(range(len(known.weights) - 1)):
        arrived = rectifier(arrived, layer) @ known.weights[layer]
    return arrived


def gradient(known: Chain, x: Tensor, target: int) -> Tensor:
    totals = known.totals(x)
    return backwards(known, target, lambda arrived, layer: arrived * (totals[layer] > 0))


def guided_backprop(known: Chain, x: Tensor, target: int) -> Tensor:
    totals = known.totals(x)
    return backwards(known, target, lambda arrived, layer: arrived.clamp(min=0) * (totals[layer] > 0))


def deconvnet(known: Chain, x: Tensor, target: int) -> Tensor:
    return backwards(known, target, lambda arrived, _: arrived.clamp(min=0))


def input_x_gradient(known: Chain, x: Tensor, target: int) -> Tensor:
    return x * gradient(known, x, target)


def integrated_gradients(known: Chain, x: Tensor, target: int) -> Tensor:
    """From zeros; on the way the gradient changes halfway and nowhere else."""
    return x * (gradient(known, x / 4, target) + gradient(known, 3 * x / 4, target)) / 2


def rescaled(known: Chain, x: Tensor, reference: Tensor, target: int) -> Tensor:
    """DeepLIFT by its Rescale rule."""
    totals, before = known.totals(x), known.totals(reference)

    def multiplied(arrived: Tensor, layer: int) -> Tensor:
        change, z = totals[layer] - before[layer], totals[layer]
        slope = (z.clamp(min=0) - before[layer].clamp(min=0)) / change
        return arrived * torch.where(change == 0, (z > 0).double(), slope)

    return (x - reference) * backwards(known, target, multiplied)


def deep_lift(known: Chain, x: Tensor, target: int) -> Tensor:
    return rescaled(known, x, torch.zeros_like(x), target)


def deep_shap(known: Chain, x: Tensor, target: int) -> Tensor:
    return torch.stack([rescaled(known, x, row, target) for row in known.background]).mean(0)


def occlusion(known: Chain, x: Tensor, target: int) -> Tensor:
    """One value after the other is put to zero."""
    without = [known.output(x * (torch.arange(len(x)) != i), target) for i in range(len(x))]
    return known.output(x, target) - torch.stack(without)


def exact_shapley(known: Chain, x: Tensor, target: int) -> Tensor:
    """Of the probability."""
    return shapley(x, lambda inputs: known.totals(inputs)[-1].softmax(0)[target])


def kernel_shap(known: Chain, x: Tensor, target: int) -> Tensor:
    """All coalitions are asked about."""
    return shapley(x, lambda inputs: known.output(inputs, target))


def shapley(x: Tensor, output: Callable[[Tensor], Tensor]) -> Tensor:
    """Values that are left out are zero."""
    last = len(x) - 1
    worth = {kept: output(x * torch.tensor(kept)) for kept in product((0, 1), repeat=len(x))}
    gains = [
        (worth[*kept[:i], 1, *kept[i:]] - worth[*kept[:i], 0, *kept[i:]]) / comb(last, sum(kept))
        for i in range(len(x))
        for kept in product((0, 1), repeat=last)
    ]
    return torch.stack(gains).view(len(x), -1).sum(1) / len(x)


OF_COLUMNS: Mapping[str, Form] = {"occlusion": occlusion, "exact_shapley": exact_shapley, "kernel_shap": kernel_shap}
"""Of columns of a table; on images regions are a parameter."""
FORMS: Mapping[str, Form] = {
    "gradient": gradient,
    "input_x_gradient": input_x_gradient,
    "integrated_gradients": integrated_gradients,
    "deep_lift": deep_lift,
    "deep_shap": deep_shap,
    "guided_backprop": guided_backprop,
    "deconvnet": deconvnet,
    **shares.FORMS,
    **OF_COLUMNS,
}
"""By the name that a method says its `closed_form` by."""
