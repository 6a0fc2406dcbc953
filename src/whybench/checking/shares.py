"""Relevance propagation through a chain of layers, each rule in a line: what LRP and its relatives have to give."""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from whybench.checking.chain import Chain
from whybench.checking.zoo import HIGH

Rule = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(what a layer reads, its weights, its biases) -> each output's shares in each input, (outputs, inputs)."""


def shares(parts: Tensor, bias: Tensor | float = 0.0) -> Tensor:
    """Parts over their sum, a bias added; 0 where that is 0."""
    totals = (parts.sum(1) + bias)[:, None]
    return torch.where(totals == 0, 0, parts / totals)


def epsilon(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return shares(a * w, b)


def z_plus(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return shares((a * w).clamp(min=0), b.clamp(min=0))


def excitation(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return shares((a * w).clamp(min=0))


def alpha2_beta1(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return 2 * z_plus(a, w, b) - shares((a * w).clamp(max=0), b.clamp(max=0))


def gamma(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Of layers whose outputs are not negative, after a rectifier."""
    return shares(a * w + 0.25 * (a * w).clamp(min=0), b + 0.25 * b.clamp(min=0))


def flat(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Of a convolution, whose outputs see what has a weight."""
    return shares((w != 0).double())


def flat_connected(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return shares(torch.ones_like(w))


def z_box(a: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return shares(a * w + HIGH * w.clamp(min=0) - HIGH * w.clamp(max=0))


COMPOSITES: Mapping[str, tuple[tuple[Rule, Rule, Rule], tuple[Rule, Rule, Rule]]] = {
    "epsilon": ((epsilon, epsilon, epsilon), (epsilon, epsilon, epsilon)),
    "epsilon_plus": ((z_plus, z_plus, epsilon), (epsilon, epsilon, epsilon)),
    "epsilon_gamma_box": ((z_box, gamma, epsilon), (epsilon, epsilon, epsilon)),
    "epsilon_alpha2_beta1_flat": ((flat, alpha2_beta1, epsilon), (flat_connected, epsilon, epsilon)),
    "deep_taylor": ((z_box, z_plus, z_plus), (z_box, z_plus, z_plus)),
}
"""Rules from the input on: of two convolutions and a fully connected layer, and of three fully connected layers."""


def propagated(rules: tuple[Rule, Rule, Rule], start: float | None, known: Chain, x: Tensor, target: int) -> Tensor:
    """R_j = sum_k share_kj R_k, from `start` at the target, or from the output."""
    relevance = torch.zeros_like(known.biases[-1])
    relevance[target] = known.output(x, target) if start is None else start
    layers = zip(rules, known.values(x), known.weights, known.biases, strict=True)
    for rule, values, weight, bias in reversed(list(layers)):
        relevance = relevance @ rule(values, weight, bias)
    return relevance


def lrp(composite: str, known: Chain, x: Tensor, target: int) -> Tensor:
    on_image, on_table = COMPOSITES[composite]
    return propagated(on_image if known.image else on_table, None, known, x, target)


FORMS = {
    **{f"lrp {name}": partial(lrp, name) for name in COMPOSITES},
    "excitation_backprop": partial(propagated, (excitation, excitation, excitation), 1.0),
}
"""By the name of a method and a composite: (chain, one input, its target) -> its map."""
