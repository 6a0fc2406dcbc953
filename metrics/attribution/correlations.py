"""Correlations of relevance with what the model says, and where there is none."""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from whybench.metrics.attribution.similarities import rank_correlation, ranked
from whybench.protocols import Scores

Correlation = Literal["pearson", "spearman"]

ROUNDING = 64 * torch.finfo(torch.float64).eps
"""Values whose spread is no larger than so many times the largest of them do not vary: they differ by rounding."""

CONSTANT = "a constant map has no correlation with anything"
SAME_SUMS = "all subsets have the same relevance"
SAME_OUTPUT = "the model says the same whatever is removed"


def pearson(a: Tensor, b: Tensor) -> Tensor:
    """Pearson's correlation of each row, (n, m) and (n, m) -> (n,); NaN where one of the two does not vary.

    >>> pearson(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[-1.0, -2.0, -3.0]])).tolist()
    [-1.0]
    """
    return (_standardised(a) * _standardised(b)).sum(1).clamp(-1, 1)


def spearman(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's rank correlation of each row, ties with the mean of their ranks; NaN where one does not vary.

    >>> spearman(torch.tensor([[1.0, 2.0, 30.0]]), torch.tensor([[0.0, 0.1, 0.2]])).tolist()
    [1.0]
    """
    values = rank_correlation(ranked(a), ranked(b))
    return values.masked_fill(~(varies(a) & varies(b)), torch.nan)


def varies(values: Tensor) -> Tensor:
    """The rows of (n, m) values that differ by more than rounding: (n,) bool."""
    spread = values.amax(1) - values.amin(1)
    varying: Tensor = spread > ROUNDING * values.abs().amax(1)
    return varying


def defined_scores(
    values: Tensor,
    undefined: Sequence[tuple[Tensor, str]],
    details: Mapping[str, Tensor] | None = None,
) -> Scores:
    """Scores without those samples to which a reason applies; the first reason counts.

    values: (n,) float64; undefined: (n,) bool masks and the reasons for them.
    """
    reasons: dict[int, str] = {}
    for mask, reason in undefined:
        for i in mask.nonzero().flatten().tolist():
            reasons.setdefault(i, reason)
    values = values.clone()
    values[list(reasons)] = torch.nan
    return Scores(values, reasons, details=details or {})


def _standardised(values: Tensor) -> Tensor:
    """Each row centred and of length 1; first brought to 1, so that no square leaves the range of its numbers."""
    largest = values.abs().amax(1, keepdim=True)
    scaled = values / largest.masked_fill(largest == 0, 1.0)
    centred = scaled - scaled.mean(1, keepdim=True)
    length = centred.norm(dim=1, keepdim=True)
    standardised: Tensor = centred / length.masked_fill(~varies(values)[:, None], torch.nan)
    return standardised
