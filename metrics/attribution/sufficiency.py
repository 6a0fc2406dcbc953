"""Sufficiency of explanations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.clean_answers import CleanAnswers
from whybench.metrics.attribution.lengths import length
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register

Distance = Literal["euclidean", "seuclidean"]


@register
@dataclass(frozen=True)
class Sufficiency(Metric[Attribution]):
    """Of the other samples with a like explanation, the share for which the model predicts the same class.

        s_i = |{j != i : d(R_i, R_j) <= t, c_j = c_i}| / |{j != i : d(R_i, R_j) <= t}|

    the local sufficiency P(f(x') = f(x) | the explanation of x holds for x') of the source, where a map holds for all
    samples whose own maps are near it; c is the predicted class, t the share `threshold` of the largest distance
    between two maps. Higher is better. One number a sample in [0, 1]; undefined where no other map is near. By its
    definition it is a matter of the set of samples: another set gives other scores, another order or batch does not.

    distance: `euclidean`, between maps brought to unit length, which does not depend on their scale; `seuclidean`,
    between maps as they are, every feature divided by its standard deviation over the samples (a feature that is the
    same in all of them counts nothing). absolute: whether the maps lose their signs. Among many features all distances
    are alike and few maps are near at 0.6, a higher threshold finds more. No pass but the clean one that all methods
    share.

    Preset `quantus`: seuclidean and absolute. Quantus compares the samples of one minibatch only, gives 0 where no map
    is near, and finds none near where a feature is the same in all maps, whose distance it makes NaN.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: dasgupta2022.
    """

    name: ClassVar[str] = "sufficiency"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    needs: ClassVar[frozenset[str]] = frozenset({"classes"})
    reference: ClassVar[str] = "dasgupta2022"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quantus": {"distance": "seuclidean", "absolute": True}}

    distance: Distance = "euclidean"
    threshold: float = 0.6
    absolute: bool = False

    def __post_init__(self) -> None:
        if self.distance not in get_args(Distance):
            raise BadParameter(f"sufficiency: distance={self.distance!r}; allowed: {', '.join(get_args(Distance))}")
        if not 0 <= self.threshold <= 1:
            raise BadParameter(f"sufficiency: threshold={self.threshold}; a share from 0 to 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        shape, explanation = tuple(case.inputs.shape), case.explanation
        maps = case.domain.per_feature(explanation.relevance, explanation.polarity, shape).flatten(1)
        apart = _distances(maps.abs() if self.absolute else maps, self.distance)
        near = apart <= self.threshold * apart.max()
        near.fill_diagonal_(False)
        predicted = case.artifact(CleanAnswers())["predicted"].to(near.device)
        same = predicted == predicted[:, None]
        others = near.sum(1).double()
        values = torch.where(others > 0, (near & same).sum(1) / others, torch.nan)
        undefined = {int(i): "no other sample has a like explanation" for i in (others == 0).nonzero()}
        return Scores(values, undefined, details={"near": others})


def _distances(maps: Tensor, distance: Distance) -> Tensor:
    """All distances between n maps: (n, d) -> (n, n) float64."""
    if distance == "euclidean":
        size = length(maps)[:, None]
        scaled = maps / torch.where(size > 0, size, 1)
    else:
        # Of every sample twice, as a comparison of a set with itself counts them; the factor cancels in the threshold.
        variance = (maps - maps.mean(0)).square().sum(0)
        scaled = torch.where(variance > 0, maps / variance.sqrt(), 0.0)
    return torch.cdist(scaled, scaled, compute_mode="donot_use_mm_for_euclid_dist")
