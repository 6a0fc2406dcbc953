"""Captum's maximum sensitivity."""

from dataclasses import dataclass
from itertools import count
from math import inf, isfinite
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.captum_adapters.library import captum_metrics
from whybench.metrics.attribution.nearby_inputs import nearby
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class CaptumSensitivityMax(Metric[Attribution]):
    """`captum.metrics.sensitivity_max`: how far a map moves, relative to its size, when every value moves a little.

        s = max over draws of |R(x + u) - R(x)|_2 / |R(x)|_2,  u uniform in [-perturb_radius, perturb_radius]

    in [0, inf), lower counts as better, hence constant maps win. Maps have one value a feature, channels joined as the
    polarity says. Captum is given the draws of `sensitivity_max`, so that both agree to rounding; it asks for the map
    of x itself once more. A zero map is undefined, where Captum takes 1 for its size.

    n_perturb_samples: draws; perturb_radius: in units of the input space.

    Raises BadParameter.

    Source: yeh2019; the library: kokhlikyan2020.
    """

    name: ClassVar[str] = "captum/sensitivity_max"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "robustness"
    range: ClassVar[tuple[float, float]] = (0.0, inf)
    reference: ClassVar[str] = "yeh2019"
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("captum",)

    n_perturb_samples: int = 10
    perturb_radius: float = 0.02

    def __post_init__(self) -> None:
        if self.n_perturb_samples < 1:
            raise BadParameter(f"{self.name}: n_perturb_samples={self.n_perturb_samples}; at least 1 is needed")
        if not (isfinite(self.perturb_radius) and self.perturb_radius > 0):
            raise BadParameter(f"{self.name}: perturb_radius={self.perturb_radius}; a finite number > 0 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        draws = count()

        def perturb(inputs: Tensor, radius: float) -> Tensor:
            """One draw for every sample: Captum is asked for as many rows at a time as there are samples."""
            return nearby(case, next(draws), radius)

        def maps(inputs: tuple[Tensor, ...] | Tensor) -> tuple[Tensor, ...]:
            """In a tuple: of a bare tensor Captum takes the first sample for the map of all."""
            return (values(case.explain(inputs=inputs if isinstance(inputs, Tensor) else inputs[0])),)

        def values(found: Attribution) -> Tensor:
            return case.domain.per_feature(found.relevance, found.polarity, tuple(case.inputs.shape)).double()

        scores: Tensor = captum_metrics().sensitivity_max(
            maps,
            case.inputs.clone(),
            perturb_func=perturb,
            perturb_radius=self.perturb_radius,
            n_perturb_samples=self.n_perturb_samples,
            max_examples_per_batch=len(case),
        )
        zero = (values(case.explanation).flatten(1) == 0).all(1).cpu()
        reasons = dict.fromkeys(zero.nonzero().flatten().tolist(), "the map is zero everywhere")
        return Scores(scores.double().cpu().masked_fill(zero, torch.nan), reasons)

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return case.asked(self.n_perturb_samples + 1)
