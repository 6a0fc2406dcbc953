"""LRP rules: the relevance R_k of a layer's outputs z_k = sum_j a_j w_jk + b_k -> that of its inputs a_j.

Notation: (.)+ = max(0, .), (.)- = min(0, .), and stab(z) = z + e sign(z) with sign(0) = +1. Each rule costs as many
transposed convolutions as it has terms; where no input is negative, the terms of negative inputs are left out.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.layers import Layer, Term

Rule = Callable[[Layer, Tensor], Tensor]

STABILISER = 1e-6


def share(relevance: Tensor, total: Tensor, epsilon: float) -> Tensor:
    """R / stab(z); with epsilon = 0, 0 where z = 0.

    >>> share(torch.ones(3), torch.tensor([-1.0, 0.0, 1.0]), 1.0).tolist()
    [-0.5, 1.0, 0.5]
    """
    if epsilon == 0:
        return torch.where(total == 0, 0, relevance / total)
    sides = total.new_tensor([-epsilon, epsilon])
    return relevance / torch.where(total < 0, sides[0], sides[1]).add_(total)


def epsilon(layer: Layer, relevance: Tensor, epsilon: float = STABILISER) -> Tensor:
    """LRP-epsilon: R_j = a_j sum_k w_jk R_k / stab(z_k); LRP-0 with epsilon = 0. Source: bach2015."""
    return layer.inputs * layer.adjoint(share(relevance, layer.total, epsilon))


def z_plus(layer: Layer, relevance: Tensor, stabiliser: float = STABILISER) -> Tensor:
    """LRP-z+: R_j = sum_k (a_j w_jk)+ R_k / stab(sum_i (a_i w_ik)+ + b_k+). Source: montavon2017."""
    return alpha_beta(layer, relevance, 1.0, 0.0, stabiliser)


def alpha_beta(
    layer: Layer, relevance: Tensor, alpha: float = 2.0, beta: float = 1.0, stabiliser: float = STABILISER
) -> Tensor:
    """LRP-alpha-beta: alpha times the shares of the positive products minus beta times those of the negative ones.

    R_j = sum_k [alpha (a_j w_jk)+ / stab(sum_i (a_i w_ik)+ + b_k+) - beta (a_j w_jk)- / stab(...)] R_k, where the sign
    is that of the product, not of the weight. Source: bach2015.
    """
    up, down = layer.weight.clamp(min=0), layer.weight.clamp(max=0)
    signs = _signs(layer)
    upper = relevance if alpha == 1 else alpha * relevance
    result = _part(layer, signs, up, down, _positive(layer.bias), upper, stabiliser)
    if beta != 0:
        upper = relevance if beta == 1 else beta * relevance
        result -= _part(layer, signs, down, up, _negative(layer.bias), upper, -stabiliser)
    return result


def gamma(layer: Layer, relevance: Tensor, gamma: float = 0.25, stabiliser: float = STABILISER) -> Tensor:
    """LRP-gamma, generalised to inputs of both signs.

    Products of z_k's own sign count 1 + gamma times: R_j = sum_k (z_jk + gamma z_jk+) R_k / stab(z_k + gamma z_k+)
    where z_k > 0, with ()- in place of ()+ where z_k < 0. Source: montavon2019, andeol2021.
    """
    up = layer.weight + gamma * layer.weight.clamp(min=0)
    down = layer.weight + gamma * layer.weight.clamp(max=0)
    result, signs = torch.zeros_like(layer.inputs), _signs(layer)
    for chosen, own, other, bias, side in (
        (layer.output > 0, up, down, layer.bias + gamma * _positive(layer.bias), stabiliser),
        (layer.output < 0, down, up, layer.bias + gamma * _negative(layer.bias), -stabiliser),
    ):
        upper = torch.where(chosen, relevance, 0)
        if upper.amax() > 0 or upper.amin() < 0:
            result += _part(layer, signs, own, other, bias, upper, side)
    return result


def z_box(layer: Layer, relevance: Tensor, stabiliser: float = STABILISER) -> Tensor:
    """LRP-zB: R_j = sum_k (a_j w_jk - l_j w_jk+ - h_j w_jk-) R_k / stab(their sum), for l <= a <= h.

    Source: montavon2017.
    """
    around = layer.surroundings
    assert around is not None
    assert around.low is not None
    assert around.high is not None
    low = Term.of(layer, around.low, layer.weight.clamp(min=0))
    high = Term.of(layer, around.high, layer.weight.clamp(max=0))
    upper = share(relevance, layer.total - layer.bias - low.total - high.total, stabiliser)
    return layer.inputs * layer.adjoint(upper) - low.pull(upper) - high.pull(upper)


def w_square(layer: Layer, relevance: Tensor, stabiliser: float = STABILISER) -> Tensor:
    """LRP-w2: R_j = sum_k w_jk^2 R_k / stab(sum_i w_ik^2), padding left out. Source: montavon2017."""
    term = Term.of(layer, layer.gain().square(), layer.weight.square())
    return term.pull(share(relevance, term.total, stabiliser))


def flat(layer: Layer, relevance: Tensor, stabiliser: float = STABILISER) -> Tensor:
    """LRP-flat: R_k in equal parts to the inputs that z_k can see, padding left out. Source: lapuschkin2019."""
    term = Term.of(layer, (layer.gain() != 0).to(layer.output), torch.ones_like(layer.weight))
    return term.pull(share(relevance, term.total, stabiliser))


def _signs(layer: Layer) -> list[Tensor]:
    """The inputs as positive and negative ones, or as they are where there are no negative ones."""
    if layer.inputs.amin() >= 0:
        return [layer.inputs]
    return [layer.inputs.clamp(min=0), layer.inputs.clamp(max=0)]


def _part(
    layer: Layer,
    signs: Sequence[Tensor],
    weight_of_positive: Tensor,
    weight_of_negative: Tensor,
    bias: Tensor | float,
    relevance: Tensor,
    stabiliser: float,
) -> Tensor:
    """Shares in sum_j (a_j+ w_jk + a_j- w'_jk) + b_k, which has the stabiliser's sign wherever there is relevance."""
    weights = (weight_of_positive, weight_of_negative)
    terms = [Term.of(layer, own, weight) for own, weight in zip(signs, weights, strict=False)]
    total = terms[0].total + bias
    for term in terms[1:]:
        total += term.total
    if stabiliser == 0:
        upper = share(relevance, total, stabiliser)
    else:
        total = total.clamp_(min=0) if stabiliser > 0 else total.clamp_(max=0)
        upper = relevance / total.add_(stabiliser)
    result = terms[0].pull(upper)
    for term in terms[1:]:
        result += term.pull(upper)
    return result


def _positive(bias: Tensor | float) -> Tensor | float:
    return bias.clamp(min=0) if isinstance(bias, Tensor) else max(bias, 0.0)


def _negative(bias: Tensor | float) -> Tensor | float:
    return bias.clamp(max=0) if isinstance(bias, Tensor) else min(bias, 0.0)
