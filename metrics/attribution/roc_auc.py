"""Area under the ROC curve."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.metrics.attribution.localisation import LocalisationMetric
from whybench.registries import register


@register
@dataclass(frozen=True)
class RocAuc(LocalisationMetric):
    """The chance that a feature inside the mask has more relevance than one outside; higher is better.

        s = sum_{i in M, j not in M} ( [R_i > R_j] + [R_i = R_j] / 2 ) / (|M| (d - |M|))

    the area under the curve of true against false positives over all thresholds, ties counted half. One number a
    sample in [0, 1]: 1 for a map that is the mask, 0 for its complement, 1/2 for a constant map and, in expectation,
    for a random one, whatever the mask's size. Only the order counts, as in `rank_accuracy`. A mask that covers
    everything has no outside, and the sample is undefined.

    relevance: as in `LocalisationMetric`.

    Raises BadParameter for a value not allowed, Unsupported for samples without masks.

    Source: fawcett2006.
    """

    name: ClassVar[str] = "roc_auc"
    reference: ClassVar[str] = "fawcett2006"

    def gaps(self, relevance: Tensor, masks: Tensor) -> dict[str, Tensor]:
        return {"the mask covers everything": masks.flatten(1).all(1)}

    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        flat = masks.flatten(1)
        inside = flat.sum(1).double()
        outside = flat.shape[1] - inside
        ranks = torch.stack([_mean_ranks(row) for row in relevance.flatten(1)])
        return ((ranks * flat).sum(1) - inside * (inside + 1) / 2) / (inside * outside)


def _mean_ranks(values: Tensor) -> Tensor:
    """The rank of each value from 1, the smallest; equal values share the mean of their ranks."""
    _, place, counts = torch.unique(values, return_inverse=True, return_counts=True)
    means: Tensor = counts.cumsum(0).double() - (counts - 1).double() / 2
    return means[place]
