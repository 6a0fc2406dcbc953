"""Captum's infidelity."""

from dataclasses import dataclass
from itertools import count
from math import inf, isfinite
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.captum_adapters.library import captum_metrics
from whybench.metrics.attribution.noise_outputs import NoiseOutputs
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.model import steady
from whybench.registries import register


@register
@dataclass(frozen=True)
class CaptumInfidelity(Metric[Attribution]):
    """`captum.metrics.infidelity` with Gaussian noise on every feature: the error of R.(x - x') as f(x) - f(x').

        s = mean over draws of (beta R.(x - x') - (f(x) - f(x')))^2

    with beta = 1, or the best scale where `normalize`; one number a sample from 0 up, in squared units of the output,
    lower is better. Captum leaves the perturbation to its user: it is given that of `infidelity(perturbation='noise')`,
    draw for draw, so that both agree to rounding. Captum asks for f(x) again for every draw.

    n_perturb_samples: draws; normalize: Captum's own; noise: standard deviation as a share of max(x) - min(x) of that
    input.

    Raises BadParameter; Unsupported for maps not shaped like the input.

    Source: yeh2019; the library: kokhlikyan2020.
    """

    name: ClassVar[str] = "captum/infidelity"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, inf)
    reference: ClassVar[str] = "yeh2019"
    stochastic: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("captum",)

    n_perturb_samples: int = 10
    normalize: bool = False
    noise: float = 0.1

    def __post_init__(self) -> None:
        if self.n_perturb_samples < 1:
            raise BadParameter(f"{self.name}: n_perturb_samples={self.n_perturb_samples}; at least 1 is needed")
        if not (isfinite(self.noise) and self.noise > 0):
            raise BadParameter(f"{self.name}: noise={self.noise}; a finite number above 0 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        relevance = case.explanation.relevance.to(case.inputs)
        if relevance.shape != case.inputs.shape:
            raise Unsupported(
                f"{self.name} multiplies a map by the change of the input, {tuple(case.inputs.shape)}, and the map is "
                f"{tuple(relevance.shape)}"
            )
        noise = NoiseOutputs(self.noise, self.n_perturb_samples).perturbation(case)
        draws, samples = count(), torch.arange(len(case))

        def perturb(inputs: Tensor) -> tuple[Tensor, Tensor]:
            """One draw for every sample: Captum is asked for as many rows at a time as there are samples."""
            perturbed = noise.rows(samples, torch.full_like(samples, next(draws)))
            return inputs - perturbed, perturbed

        def explained(inputs: Tensor) -> Tensor:
            return case.model.explained(case.predict(inputs), case.targets)

        with steady(case.model.module):
            values = captum_metrics().infidelity(
                explained,
                perturb,
                case.inputs.clone(),
                relevance,
                n_perturb_samples=self.n_perturb_samples,
                max_examples_per_batch=len(case),
                normalize=self.normalize,
            )
        return Scores(values.detach().double().cpu())

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return Passes(2 * self.n_perturb_samples) * len(case)
