"""LRP written out from its definitions: explicit matrices and the contribution of every input to every output."""

from collections.abc import Callable

import torch
from torch import Tensor

STABILISER = 1e-6

Split = Callable[[Tensor, Tensor], Tensor]
"""(input values (1, inputs), weights (outputs, inputs)) -> contributions (outputs, inputs)."""


def matrix(function: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """An affine function of one sample as (weights (outputs, inputs), bias (outputs,))."""
    jacobian = torch.autograd.functional.jacobian(function, x)
    return jacobian.reshape(-1, x.numel()), function(torch.zeros_like(x)).detach().flatten()


def shared(
    a: Tensor,
    weight: Tensor,
    relevance: Tensor,
    split: Split,
    constant: Tensor | float = 0.0,
    epsilon: float = STABILISER,
) -> Tensor:
    """R_j = sum_k c_jk R_k / (sum_i c_ik + constant_k, moved away from 0 by epsilon)."""
    contributions = split(a.reshape(1, -1), weight)
    total = contributions.sum(1) + constant
    total = torch.where(total >= 0, total + epsilon, total - epsilon)
    return (contributions * (relevance.flatten() / total)[:, None]).sum(0).reshape(a.shape)


def epsilon_rule(a: Tensor, weight: Tensor, bias: Tensor, relevance: Tensor, epsilon: float = STABILISER) -> Tensor:
    return shared(a, weight, relevance, lambda v, w: v * w, bias, epsilon)


def z_plus(a: Tensor, weight: Tensor, bias: Tensor, relevance: Tensor) -> Tensor:
    return shared(a, weight, relevance, lambda v, w: (v * w).clamp(min=0), bias.clamp(min=0))


def alpha2_beta1(a: Tensor, weight: Tensor, bias: Tensor, relevance: Tensor) -> Tensor:
    negative = shared(a, weight, relevance, lambda v, w: (v * w).clamp(max=0), bias.clamp(max=0))
    return 2 * z_plus(a, weight, bias, relevance) - negative


def gamma(a: Tensor, weight: Tensor, bias: Tensor, relevance: Tensor, gamma: float = 0.25) -> Tensor:
    z, relevance = weight @ a.flatten() + bias, relevance.flatten()

    def up(v: Tensor) -> Tensor:
        return v + gamma * v.clamp(min=0)

    def down(v: Tensor) -> Tensor:
        return v + gamma * v.clamp(max=0)

    above = shared(a, weight, relevance * (z > 0), lambda v, w: up(v * w), up(bias))
    return above + shared(a, weight, relevance * (z < 0), lambda v, w: down(v * w), down(bias))


def z_box(a: Tensor, weight: Tensor, relevance: Tensor, low: Tensor, high: Tensor) -> Tensor:
    low, high = low.reshape(1, -1), high.reshape(1, -1)
    return shared(a, weight, relevance, lambda v, w: v * w - low * w.clamp(min=0) - high * w.clamp(max=0))


def w_square(a: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    return shared(a, weight, relevance, lambda v, w: w.square())


def flat(a: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    return shared(a, weight, relevance, lambda v, w: (w != 0).to(w))


def added(parts: list[Tensor], relevance: Tensor, epsilon: float = STABILISER) -> list[Tensor]:
    """A sum of tensors: each part's share in it."""
    weight = torch.ones(1, len(parts), dtype=relevance.dtype)
    shares = []
    for values, upper in zip(torch.stack(parts, -1).reshape(-1, len(parts)), relevance.flatten(), strict=True):
        shares.append(shared(values, weight, upper, lambda v, w: v * w, 0.0, epsilon))
    return [share.reshape(relevance.shape) for share in torch.stack(shares, -1)]
