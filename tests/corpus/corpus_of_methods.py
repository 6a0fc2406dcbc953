"""Bugs of methods, put back into small variants of whybench's."""

from typing import Any

import numpy as np
import torch
from corpus_row import Row, spoilt
from torch import Tensor, nn

from whybench.methods.attribution import DeepLift, GradCam, Gradient, IntegratedGradients, Occlusion, Rap
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


METHODS = (
    Row(
        "captum #1276",
        "max pooling takes the first sample's gradient for all",
        "deep_lift",
        spoilt(DeepLift, lambda r, q: r[:1].expand_as(r).clone()),
        "C6",
        ("cnn",),
    ),
    Row(
        "captum #1104",
        "layers that are used again keep gradients of the call before",
        "gradient",
        KeepsTheCallBefore(),
        "C21",
        ("mlp",),
    ),
    Row(
        "captum, functional ReLU",
        "rectifiers written as functions are not seen",
        "guided_backprop",
        by_module_hooks,
        "C24",
        ("cnn",),
    ),
    Row("captum PR #324", "without a graph there is nothing", "gradient", OnlyWithAGraph, "C14", ("mlp",)),
    Row(
        "captum PR #649",
        "whole numbers overflow",
        "integrated_gradients",
        spoilt(IntegratedGradients, lambda r, q: (2.0**31 * r).to(torch.int32).to(r) / 2.0**31),
        "C30",
        ("mlp",),
    ),
    Row(
        "captum PR #1513",
        "one map for a batch instead of one a sample",
        "gradient",
        lambda module, inputs, targets: gradient(module, inputs, targets).sum(0, keepdim=True),
        "C1",
        ("mlp",),
    ),
    Row(
        "captum PR #1922",
        "the second half of the features is silently 0",
        "integrated_gradients",
        spoilt(IntegratedGradients, second_half_unseen),
        "C30",
        ("linear",),
    ),
    Row(
        "captum, GradientShap",
        "baselines are drawn by NumPy whatever torch's seed",
        "smooth_grad",
        baselines_of_numpy,
        "C3",
        ("mlp",),
    ),
    Row(
        "shap #3938",
        "relevance does not sum to the change of the output",
        "deep_lift",
        spoilt(DeepLift, lambda r, q: 0.905 * r),
        "C30",
        ("cnn",),
    ),
    Row("shap #4615", "NumPy's global generator is seeded and left so", "gradient", seeds_numpy, "C5", ("mlp",)),
    Row("shap #514", "seeds are not handed on", "smooth_grad", unseeded, "C3", ("mlp",)),
    Row(
        "shap 8ae68185",
        "the gradient of max pooling goes to the wrong place",
        "deep_lift",
        spoilt(DeepLift, lambda r, q: r.roll(1, -1) * q.inputs / (q.inputs.roll(1, -1) + 1)),
        "C30",
        ("cnn",),
    ),
    Row(
        "zennit PR #171",
        "weights are not what they were after BatchNorm was merged",
        "lrp",
        merges_batch_norm,
        "C9",
        ("cnn",),
    ),
    Row(
        "pytorch-grad-cam PR #173",
        "a map of one value is divided by its range",
        "grad_cam",
        spoilt(GradCam, min_max),
        "C15",
        ("cnn",),
    ),
    Row(
        "torch-cam #156",
        "activations without any difference give NaN",
        "grad_cam",
        spoilt(GradCam, lambda r, q: r / r.flatten(1).amax(1).view(-1, 1, 1, 1)),
        "C15",
        ("cnn",),
    ),
    Row(
        "PAIR saliency PR #23",
        "integrated gradients shrink when the steps are doubled",
        "integrated_gradients",
        spoilt(IntegratedGradients, lambda r, q: r / 2),
        "C30",
        ("linear",),
    ),
    Row(
        "alibi PR #441",
        "what is left of a batch is averaged as if it were full",
        "gradient",
        spoilt(Gradient, lambda r, q: r * len(q) / q.rows),
        "C6",
        ("mlp",),
    ),
    Row(
        "inseq #113",
        "a sample in a batch has another map than alone",
        "gradient",
        spoilt(Gradient, lambda r, q: r - r.mean(0, keepdim=True)),
        "C6",
        ("mlp",),
    ),
    Row(
        "tangermeme PR #95",
        "where windows of a pool overlap one of them is forgotten",
        "deep_lift",
        spoilt(DeepLift, lambda r, q: r * (r == r.flatten(1).amax(1).view(-1, 1, 1, 1))),
        "C30",
        ("cnn",),
    ),
    Row(
        "FoXAI #91",
        "n maps for each of n samples",
        "grad_cam",
        lambda module, inputs, targets: gradient(module, inputs, targets).repeat(len(inputs), 1, 1, 1),
        "C1",
        ("cnn",),
    ),
    Row(
        "pytorch-cnn-visualizations #40",
        "height and width are exchanged",
        "grad_cam",
        spoilt(GradCam, lambda r, q: r.mT),
        "C1",
        ("oblong",),
    ),
    Row(
        "dianna #515",
        "masks are inverted: what is hidden gets the credit",
        "occlusion",
        spoilt(Occlusion, lambda r, q: r.flatten(1).amax(1).view(-1, 1, 1, 1) - r),
        "C30",
        ("oblong",),
    ),
    Row(
        "innvestigate #327",
        "rules that are to conserve do not",
        "rap",
        spoilt(Rap, lambda r, q: 1.1 * r),
        "C30",
        ("linear",),
    ),
    Row(
        "tf-explain #157",
        "standardising makes the map blank",
        "gradient",
        spoilt(Gradient, lambda r, q: 0 * r),
        "C30",
        ("oblong",),
    ),
    Row(
        "ludwig PR #3046",
        "the norm is taken over the whole batch",
        "gradient",
        spoilt(Gradient, lambda r, q: r / r.norm()),
        "C6",
        ("mlp",),
    ),
    Row("TransformerLens #1787", "dropout is active while it explains", "gradient", drops_out, "C9", ("mlp",)),
    Row("quanda 35ce3229", "a cache is shared by models", "gradient", Remembers(), "C21", ("mlp",)),
)
