"""Metrics that explain again, written by hand for one model and one method: what their definition costs at the least.

Each is a loop in plain torch for a classifier in eval mode and the gradient, with nothing around it: no checks, no
second similarity, no names for random draws, nothing kept. What ours take beside it is what all else costs.
"""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from whybench.protocols import Case

PROBES, BINS = 2, 100


def mprt(case: Case[Any]) -> Tensor:
    """The mean rank correlation of maps with those of models whose layers are shuffled from the output down."""
    first = _ranks(_size(case.explanation.relevance))
    module = copy.deepcopy(case.model.module)
    found = []
    for layer in reversed([part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]):
        _shuffle(layer)
        assert _answers_vary(module, case.inputs)
        ranks = _ranks(_size(gradient(module, case.inputs, case.targets)))
        found.append((first * ranks).sum(1) / (first.norm(dim=1) * ranks.norm(dim=1)))
    return torch.stack(found).mean(0)


def efficient_mprt(case: Case[Any]) -> Tensor:
    """By how much the entropy of maps rises once all layers are shuffled."""
    before = _entropy(_size(case.explanation.relevance))
    module = copy.deepcopy(case.model.module)
    _shuffle(module)
    assert _answers_vary(module, case.inputs)
    return _entropy(_size(gradient(module, case.inputs, case.targets))) / before - 1


def sensitivity_max(draws: int, radius: float) -> Callable[[Case[Any]], Tensor]:
    """How far maps move, relative to their size, at `draws` inputs within `radius`."""

    def score(case: Case[Any]) -> Tensor:
        before = _size(case.explanation.relevance)
        near = case.inputs.repeat(draws, 1, 1, 1)
        near = near + radius * (2 * torch.rand(near.shape) - 1)
        moved = [
            _size(gradient(case.model.module, *rows))
            for rows in zip(near.split(case.rows), case.targets.repeat(draws).split(case.rows), strict=True)
        ]
        distance = (torch.cat(moved).view(draws, *before.shape) - before).norm(dim=2)
        return distance.amax(0) / before.norm(dim=1)

    return score


def gradient(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """The gradient of the targets' logits."""
    with torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_()
        return torch.autograd.grad(module(leaf).gather(1, targets[:, None]).sum(), leaf)[0]


def _size(relevance: Tensor) -> Tensor:
    """One value a pixel, (n, pixels) float64."""
    return relevance.double().norm(dim=1).flatten(1)


def _shuffle(module: nn.Module) -> None:
    for parameter in module.parameters():
        parameter.data.copy_(parameter.flatten()[torch.randperm(parameter.numel())].view_as(parameter))


@torch.inference_mode()
def _answers_vary(module: nn.Module, inputs: Tensor) -> bool:
    low, high = module(torch.rand_like(inputs[:PROBES])).aminmax(dim=0)
    return bool((high > low).any())


def _ranks(maps: Tensor) -> Tensor:
    """Centred ranks of maps without ties."""
    return maps.argsort(1).argsort(1).double() - (maps.shape[1] - 1) / 2


def _entropy(maps: Tensor) -> Tensor:
    low, high = maps.amin(1, keepdim=True), maps.amax(1, keepdim=True)
    bins = ((maps - low) / (high - low) * BINS).long().clamp(max=BINS - 1)
    counts = torch.zeros(len(maps), BINS, dtype=maps.dtype).scatter_add_(1, bins, torch.ones_like(maps))
    return torch.special.entr(counts / maps.shape[1]).sum(1)
