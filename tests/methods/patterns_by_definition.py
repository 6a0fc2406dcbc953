"""Signal patterns written out from their definitions: all patches of a layer at once, expectations as means."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Patterns = tuple[Tensor, Tensor]
"""a+ and a-, shaped like the weight."""


def patches(layer: nn.Module, x: Tensor) -> Tensor:
    """What the neurons of a layer read, (groups, patches, d)."""
    if isinstance(layer, nn.Linear):
        return x.reshape(1, -1, x.shape[-1])
    assert isinstance(layer, nn.Conv2d)
    columns = F.unfold(x, layer.kernel_size, layer.dilation, layer.padding, layer.stride)
    return columns.unflatten(1, (layer.groups, -1)).permute(1, 0, 3, 2).flatten(1, 2)


def two_component(layer: nn.Module, x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None) -> Patterns:
    """a+ = (E+[x y] - E+[x] E[y]) / (w.E+[x y] - w.E+[x] E[y]), neuron by neuron; E- where w.x + b <= 0.

    A regime without a patch has the linear pattern.
    """
    return _of_each(layer, x, weight, bias, linear=False)


def linear(layer: nn.Module, x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None) -> Patterns:
    """a = E[x y] - E[x] E[y] over E[y y] - E[y] E[y]."""
    return _of_each(layer, x, weight, bias, linear=True)


def _of_each(layer: nn.Module, x: Tensor, weight: Tensor | None, bias: Tensor | None, linear: bool) -> Patterns:
    weight = layer.weight if weight is None else weight
    if bias is None:
        bias = weight.new_zeros(len(weight)) if layer.bias is None else layer.bias
    groups = patches(layer, x)
    per_group = len(weight) // len(groups)
    found: list[list[Tensor]] = [[], []]
    for k, w in enumerate(weight.flatten(1)):
        read = groups[k // per_group]
        y = read @ w
        for regime, chosen in enumerate((y + bias[k] > 0, y + bias[k] <= 0)):
            where = torch.ones_like(chosen) if linear or not chosen.any() else chosen
            both = (read[where] * y[where, None]).mean(0) - read[where].mean(0) * y.mean()
            found[regime].append(both / (w @ both))
    active, inactive = (torch.stack(one).reshape(weight.shape) for one in found)
    return active, inactive
