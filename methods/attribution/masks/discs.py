"""The mask that hides a disc in the middle of an image."""

import torch
from torch import Tensor

from whybench.methods.attribution.masks.blending import Perturbation
from whybench.methods.attribution.masks.cells import to_features
from whybench.methods.attribution.masks.scores import Score, scores
from whybench.protocols import Query

SHARE = 0.99


@torch.no_grad()
def disc(query: Query, cells: tuple[int, ...], perturbed: Perturbation, score: Score) -> Tensor:
    """For each sample the smallest disc of hidden cells that loses 99 % of what hiding everything loses: (n, *cells).

    The score s has to fall by 0.99 (s(x) - s(nothing kept)); where no disc does that, the smallest one is taken. There
    are as many radii as cells along the longer side, the largest of which hides everything. It takes one forward pass
    a radius, and one for the clean input.

    Source: fong2017.
    """
    masks = torch.cat([torch.ones(1, *cells), discs(cells)]).to(query.inputs)
    answers = query.inputs.new_empty(len(query), len(masks))
    for sample, draw in query.each(len(masks)):
        rows = perturbed(to_features(masks[draw], query.domain.grid(query.inputs.shape)), sample)
        answers[sample, draw] = scores(query, rows, sample, score)
    fall = answers[:, :1] - answers[:, 1:]
    return masks[1 + (fall >= SHARE * fall[:, -1:]).long().argmax(1)]


def discs(cells: tuple[int, ...]) -> Tensor:
    """Masks with growing discs of zeros around the middle, (radii, *cells).

    >>> discs((4, 4)).sum((1, 2)).tolist()
    [16.0, 12.0, 4.0, 0.0]
    """
    height, width = (torch.arange(size) - (size - 1) / 2 for size in cells)
    squared = height[:, None] ** 2 + width**2
    radii = torch.arange(1, max(cells) + 1) / max(cells)
    return (squared > radii[:, None, None] ** 2 * squared.max()).double()
