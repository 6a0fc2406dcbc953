"""Small variants of methods with a known bug of the field put back."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whybench.protocols import Query


def gradient(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The plain gradient, as somebody writes it."""
    leaf = inputs.detach().clone().requires_grad_()
    outputs = module(leaf)
    with torch.enable_grad():
        chosen = outputs.gather(1, targets[:, None]) if outputs.ndim == 2 and outputs.shape[1] > 1 else outputs
        (found,) = torch.autograd.grad(chosen.sum(), leaf)
    return found


def second_half_unseen(relevance: Tensor, query: Query) -> Tensor:
    seen = torch.ones_like(relevance).flatten(1)
    seen[:, seen.shape[1] // 2 :] = 0
    return relevance * seen.view_as(relevance)


def by_module_hooks(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Guided backpropagation that sees modules only."""
    hooks = [
        layer.register_full_backward_hook(lambda m, down, up: tuple(g.clamp(min=0) for g in down))
        for layer in module.modules()
        if isinstance(layer, nn.ReLU) and not layer.inplace
    ]
    try:
        return gradient(module, inputs, targets)
    finally:
        for hook in hooks:
            hook.remove()


class OnlyWithAGraph:
    """A class like those of Captum: where the caller has switched gradients off, there is nothing."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def attribute(self, inputs: Tensor, target: Tensor) -> Tensor:
        return gradient(self.model, inputs, target) if torch.is_grad_enabled() else torch.zeros_like(inputs)


def baselines_of_numpy(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Seeding torch is not enough."""
    drawn = np.random.standard_normal(inputs.shape)  # noqa: NPY002 the global generator is the point
    return torch.as_tensor(drawn).to(inputs) * gradient(module, inputs, targets)


def unseeded(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """A generator of its own, which nobody seeds."""
    drawn = np.random.default_rng().standard_normal(inputs.shape)
    return (inputs + torch.as_tensor(drawn).to(inputs)) * gradient(module, inputs, targets)


def seeds_numpy(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The state is to be put back, but seed() returns None, which means anew."""
    before = np.random.seed()  # type: ignore[func-returns-value]  # noqa: NPY002
    found = gradient(module, inputs, targets)
    np.random.seed(before)  # noqa: NPY002
    return found


def merges_batch_norm(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """BatchNorm's scale is merged into the weights and divided out again, which are not their bits."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.data.mul_(3.3).div_(3.3)
    return gradient(module, inputs, targets)


def drops_out(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Explains what the model is while it trains."""
    module.train()
    return gradient(module, inputs, targets)


def min_max(relevance: Tensor, query: Query) -> Tensor:
    flat = relevance.flatten(1)
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    return ((flat - low) / (high - low)).view_as(relevance)


class Remembers:
    """A cache that knows inputs and no models."""

    def __init__(self) -> None:
        self.known: dict[bytes, Tensor] = {}

    def __call__(self, module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        key = inputs.numpy().tobytes()
        if key not in self.known:
            self.known[key] = gradient(module, inputs, targets)
        return self.known[key].clone()


class KeepsTheCallBefore:
    """The gradients of the last call are added to those of this one."""

    def __init__(self) -> None:
        self.before: Any = 0.0

    def __call__(self, module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        found, left = gradient(module, inputs, targets), self.before
        self.before = found
        return found + (left if isinstance(left, Tensor) and left.shape == found.shape else 0.0)
