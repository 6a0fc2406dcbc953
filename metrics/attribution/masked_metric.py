"""What the metrics share that compare the model's confidence in the masked and in the clean input."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.clean_answers import CleanAnswers
from whybench.metrics.attribution.masked_answers import MaskedAnswers
from whybench.protocols import Case, Metric, Scores

FILLS = ("blur", "lowest", "mean", "zero")
"""Infills whose values do not depend on which features are kept: a soft mask keeps none and removes none."""


@dataclass(frozen=True)
class MaskedMetric(Metric[Attribution]):
    """A comparison of p, the target's clean probability, with o, that of the input seen through the map.

    The input is multiplied by the map, brought to [0, 1] (`MaskedAnswers`). infill: what is seen where the map is 0;
    `zero`, in the model's input space, is the product of the sources. Drop, increase and gain are read off the same one
    pass a sample, and one for all methods. A constant map cannot be brought to [0, 1]: undefined.
    """

    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    needs: ClassVar[frozenset[str]] = frozenset({"classes"})

    infill: str = "zero"

    def __post_init__(self) -> None:
        if self.infill not in FILLS:
            raise BadParameter(f"{self.name}: infill={self.infill!r}; allowed: {', '.join(FILLS)}")

    @abstractmethod
    def compared(self, clean: Tensor, masked: Tensor) -> Tensor:
        """The score from two probabilities of each sample; not finite where it has no value."""

    def score(self, case: Case[Attribution]) -> Scores:
        clean = case.artifact(CleanAnswers())["probability"]
        masked = case.artifact(MaskedAnswers(self.infill))
        values = self.compared(clean, masked["probability"]).masked_fill(masked["constant"], torch.nan)
        undefined = {
            i: "the map is constant" if masked["constant"][i] else f"the clean probability is {clean[i]:.0f}"
            for i in (~torch.isfinite(values)).nonzero().flatten().tolist()
        }
        values = values.where(torch.isfinite(values), torch.nan)
        return Scores(values, undefined, details={"clean": clean, "masked": masked["probability"]})
