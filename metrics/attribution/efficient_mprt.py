"""Efficient model parameter randomisation test."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.histograms import histogram_entropy
from whybench.metrics.attribution.randomised_models import Randomisation
from whybench.metrics.attribution.randomiser import Randomiser
from whybench.metrics.attribution.similarities import is_constant
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.blocks import by_block
from whybench.registries import register

CONSTANT = "a constant map has no complexity, so that none can rise in proportion to it"


@register
@dataclass(frozen=True)
class EfficientMprt(Metric[Attribution]):
    """The efficient model parameter randomisation test: by how much maps get more complex once nothing learned is left.

    score = mean over seeds s of (C(R(x; randomised model s)) - C(R(x; model))) / C(R(x; model)), from -1 up, without
    unit; C is the entropy of the histogram of a map's values (`histograms.histogram_entropy`). All parameters are
    randomised at once, so that there are two states of a model; targets stay those of the original. Above 0 a map loses
    structure with the weights, at 0 it does not notice (a map of the input alone scores exactly 0, noise 0 in
    expectation), below 0 it gets simpler.

    randomisation: `shuffle` the values within each parameter tensor, or `redraw` them from a normal distribution of
    their mean and standard deviation; bins: of the histogram, the same for all maps, whatever their size and company
    (rules that take the number from the data would make scores depend on the other samples); fewer values than bins
    leave bins empty, and C below ln(values). absolute: the histogram of absolute values instead of signed ones;
    seeds: how many randomised models; 1 is the original proposal.

    A randomised model whose output no longer depends on the input is left out (`refused_models` counts them). A sample
    whose original map is constant is undefined; a map that is constant on a randomised model has C = 0
    (`constant_maps` is their share). The details `complexity` and `randomised_complexity` are C before and after.

    Raises BadParameter; Unsupported for models without parameters, or that cannot be copied or seen into.

    Source: hedstrom2023.
    """

    name: ClassVar[str] = "efficient_mprt"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "sanity"
    range: ClassVar[tuple[float, float]] = (-1.0, math.inf)
    reference: ClassVar[str] = "hedstrom2023"
    stochastic: ClassVar[bool] = True

    randomisation: Randomisation = "shuffle"
    bins: int = 100
    absolute: bool = False
    seeds: int = 5

    def __post_init__(self) -> None:
        if self.randomisation not in get_args(Randomisation):
            allowed = ", ".join(get_args(Randomisation))
            raise BadParameter(f"efficient_mprt: randomisation={self.randomisation!r}; allowed: {allowed}")
        if self.bins < 2:
            raise BadParameter(f"efficient_mprt: bins={self.bins}; at least 2 are needed")
        if self.seeds < 1:
            raise BadParameter(f"efficient_mprt: seeds={self.seeds}; at least 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        complexity, constant = self._complexity_and_constant(case)
        rises, later, blank = [], [], []
        models = Randomiser(case)
        everything = [name for layer in models.layers for name in layer]
        for *_, model in models.models(self.randomisation, [everything], self.seeds):
            if model is None:
                continue
            randomised, turned = self._complexity_and_constant(replace(case, explanation=case.explain(model=model)))
            rises.append((randomised - complexity) / complexity.masked_fill(constant, torch.nan))
            later.append(randomised)
            blank.append(turned.double())
        if rises:
            undefined = dict.fromkeys(constant.nonzero().flatten().tolist(), CONSTANT)
        else:
            undefined = dict.fromkeys(range(len(case)), f"all {self.seeds} randomised models ignore their input")
        defined = torch.ones_like(complexity)
        defined[list(undefined)] = torch.nan

        def mean(values: list[Tensor]) -> Tensor:
            return torch.stack([defined, *(defined * each for each in values)])[1:].mean(0)

        return Scores(
            mean(rises),
            undefined,
            details={
                "complexity": complexity * defined,
                "randomised_complexity": mean(later),
                "refused_models": (self.seeds - len(rises)) * defined,
                "constant_maps": mean(blank),
            },
        )

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return case.asked(self.seeds)

    def _complexity_and_constant(self, case: Case[Attribution]) -> tuple[Tensor, Tensor]:
        """C of each map, (n,) float64, and which maps are constant, (n,) bool."""
        found = by_block(self._judged, case)
        return found["complexity"], found["constant"]

    def _judged(self, case: Case[Attribution]) -> dict[str, Tensor]:
        maps = case.domain.per_feature(case.explanation.relevance, case.explanation.polarity, case.inputs.shape)
        maps = maps.abs() if self.absolute else maps
        return {"complexity": histogram_entropy(maps, self.bins).cpu(), "constant": is_constant(maps).cpu()}
