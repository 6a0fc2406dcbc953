"""Data randomisation test."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.memorised_labels import MemorisedLabels, weights_of
from whybench.metrics.attribution.randomised_models import Twin
from whybench.metrics.attribution.similarities import CONSTANT, Reference, Similarity, check_similarity
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class DataRandomisation(Metric[Attribution]):
    """The data randomisation test: how alike maps are on a model that learned random labels of the same samples.

    score = mean over seeds s of similarity(R(x; model), R(x; model trained on permuted labels s)), in [-1, 1], without
    unit; targets stay those of the original. The model is really trained again, by its own recipe, with its steps
    doubled until it tells more than `accuracy` of its training samples as labelled: one that has not learned the random
    labels is no test. Around 0 a map depends on what the labels teach, near 1 it does not; the model's own labels give
    exactly 1. It is a filter and no ranking: maps of pure noise pass best.

    similarity: `spearman` of the signed values, `spearman_abs` of the absolute ones, or `ssim` of images; seeds: how
    many orders of labels, each a training; accuracy: the share of training samples above which labels count as
    learned; effort: how many times the model's own steps at most.

    The details `train_accuracy` and `effort` say what was reached, averaged over seeds. Passes of training are not
    counted as passes of the metric, those that tell its accuracy are. A sample whose original map is constant is
    undefined; a map that is constant on a retrained model has nothing in common with the original and counts as 0.

    Raises BadParameter; Unsupported for models of which nothing says how they can be trained again (`Retraining`; the
    small networks for classes that come with whybench have it, photographs' models and tree ensembles do not) or that
    do not learn random labels, and for `ssim` on inputs that are no images.

    Source: adebayo2018sanity.
    """

    name: ClassVar[str] = "data_randomisation"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "sanity"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "adebayo2018sanity"
    needs: ClassVar[frozenset[str]] = frozenset({"classes", "retraining"})
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    similarity: Similarity = "spearman"
    seeds: int = 1
    accuracy: float = 0.95
    effort: int = 32

    def __post_init__(self) -> None:
        check_similarity(self.similarity)
        for name in ("seeds", "effort"):
            if getattr(self, name) < 1:
                raise BadParameter(f"data_randomisation: {name}={getattr(self, name)}; at least 1 is needed")
        if not 0 <= self.accuracy < 1:
            raise BadParameter(f"data_randomisation: accuracy={self.accuracy}; a share from 0 to below 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        learned = case.artifact(MemorisedLabels(self.seeds, self.accuracy, self.effort))

        def maps(explanation: Attribution) -> torch.Tensor:
            return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)

        original, twin = Reference(self.similarity, maps(case.explanation)), Twin(case.model)
        values = [
            original.similarity(maps(case.explain(model=twin.holding(weights_of(learned, seed)))))[0]
            for seed in range(self.seeds)
        ]
        undefined = dict.fromkeys(original.constant.nonzero().flatten().tolist(), CONSTANT)
        scores = torch.stack(values).mean(0).masked_fill(original.constant, torch.nan).cpu()
        every = torch.ones_like(scores)
        details = {"train_accuracy": learned["accuracy"].mean() * every, "effort": learned["effort"].mean() * every}
        return Scores(scores, undefined, details=details)

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return case.asked(self.seeds)
