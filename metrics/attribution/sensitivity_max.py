"""Maximum sensitivity."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.nearby_metric import NearbyMetric
from whybench.protocols import Case
from whybench.registries import register


@register
@dataclass(frozen=True)
class SensitivityMax(NearbyMetric):
    """How far a map moves, relative to its size, when every input value moves a little.

    score = max over draws of |R(x + u) - R(x)|_2 / |R(x)|_2 with u uniform in [-radius, radius] for each value, in
    [0, inf), without unit. Maps have one value a feature, channels being joined as the polarity says. Lower counts as
    better, hence a constant map wins. The largest of more draws is larger: only scores of the same number of draws and
    the same radius can be compared, and both are fixed. The draws are named by the sample, hence the same for all
    methods and in any batch; a stochastic method is asked with its own draws unchanged.

    draws: how many inputs nearby; radius: in units of the input space. A zero map is undefined. Costs one explanation
    a draw, shared with the other metrics of nearby inputs.

    Raises BadParameter.

    Source: yeh2019.
    """

    name: ClassVar[str] = "sensitivity_max"
    reference: ClassVar[str] = "yeh2019"

    def ratios(self, case: Case[Attribution], maps: dict[str, Tensor]) -> Tensor:
        return maps["distance"] / maps["size"][:, None]
