"""Metrics that read a number off the absolute values of a map, without asking the model."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution, Explanation
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.blocks import by_block

ZERO = "the map is zero everywhere"


@dataclass(frozen=True)
class MapSize(Metric[Attribution]):
    """How much of the input a map uses, whatever the model: no passes, no ground truth, no scale."""

    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "complexity"
    trivial: ClassVar[bool] = True

    @abstractmethod
    def size(self, share: Tensor) -> Tensor:
        """The number of each map, (n,), from |R| / max |R|, (n, features) float64 with a 1 in each row."""

    def score(self, case: Case[Attribution]) -> Scores:
        found = by_block(self._sizes, case)
        values = found["size"].masked_fill(found["zero"], torch.nan)
        return Scores(values.cpu(), dict.fromkeys(found["zero"].nonzero().flatten().tolist(), ZERO))

    def _sizes(self, case: Case[Attribution]) -> dict[str, Tensor]:
        relevance = case.domain.per_feature(case.explanation.relevance, case.explanation.polarity, case.inputs.shape)
        absolute = relevance.flatten(1).abs()
        largest = absolute.amax(1, keepdim=True)
        return {"size": self.size(absolute / torch.where(largest > 0, largest, 1.0)), "zero": largest[:, 0] == 0}
