"""What the metrics of localisation share: one relevance and one mask a sample, and when a sample has no value."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.blocks import scores_by_block

Reading = Literal["signed", "absolute"]


@dataclass(frozen=True)
class LocalisationMetric(Metric[Attribution]):
    """How well a map points at the features that hold the evidence, as masks say; no pass through the model.

    relevance: `signed` reads relevance as it is, so that evidence against the target is below none; `absolute` takes
    its size. Channels are summed or normed before, by the explanation's polarity.

    A sample is undefined where its mask is empty, its map is zero, or the explained class is not the label that the
    mask belongs to.
    """

    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "localisation"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    needs: ClassVar[frozenset[str]] = frozenset({"masks"})

    relevance: Reading = "signed"

    def __post_init__(self) -> None:
        if self.relevance not in ("signed", "absolute"):
            raise BadParameter(f"{self.name}: relevance={self.relevance!r}; allowed: signed, absolute")

    @property
    def higher_is_better(self) -> bool:
        return True

    @abstractmethod
    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        """The scores, (n,) float64, from relevance (n, *grid) float64 and masks (n, *grid) bool.

        What it gives for samples without a value is overwritten.
        """

    def gaps(self, relevance: Tensor, masks: Tensor) -> dict[str, Tensor]:
        """Further reasons why samples have no value, each with the samples, (n,) bool, that it holds for."""
        return {}

    def score(self, case: Case[Attribution]) -> Scores:
        return scores_by_block(self.judged, case)

    def judged(self, case: Case[Attribution]) -> Scores:
        """The scores of some of the samples."""
        relevance, masks = self.located(case)
        return self.scores(self.measure(relevance, masks), self.undefined(case, relevance, masks))

    def located(self, case: Case[Attribution]) -> tuple[Tensor, Tensor]:
        """One relevance and one truth a feature; raises Unsupported where no ground truth is known."""
        if case.truth is None:
            raise Unsupported(f"{self.name} needs ground-truth masks, which these samples do not come with")
        given = case.explanation
        relevance = case.domain.per_feature(given.relevance, given.polarity, tuple(case.inputs.shape))
        if self.relevance == "absolute":
            relevance = relevance.abs()
        return relevance, case.truth.masks.to(relevance.device)

    def undefined(self, case: Case[Attribution], relevance: Tensor, masks: Tensor) -> dict[int, str]:
        """Position -> why the sample has no value."""
        reasons = {
            **self.gaps(relevance, masks),
            "the map is zero everywhere": (relevance == 0).flatten(1).all(1),
            "the mask is empty": ~masks.flatten(1).any(1),
            "the explained class is not the label that the mask belongs to": _another_class(case).to(masks.device),
        }
        return {int(i): why for why, samples in reasons.items() for i in samples.nonzero().flatten()}

    @staticmethod
    def scores(values: Tensor, undefined: dict[int, str], details: dict[str, Tensor] | None = None) -> Scores:
        """Scores with no value where there is a reason for it."""
        values = values.cpu()
        values[list(undefined)] = torch.nan
        return Scores(values, undefined, details=details or {})


def positive_mass(relevance: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """The sums of positive relevance inside the masks and everywhere, both (n,)."""
    positive = relevance.clamp(min=0)
    return (positive * masks).flatten(1).sum(1), positive.flatten(1).sum(1)


def nothing_positive(relevance: Tensor) -> dict[str, Tensor]:
    """The reason for samples in which no relevance is above zero."""
    return {"no relevance is above zero": (relevance <= 0).flatten(1).all(1)}


def inside_first(relevance: Tensor, masks: Tensor, count: Tensor) -> Tensor:
    """How many of the `count` most relevant features lie inside: (n,) float64, the mean over the orders of ties.

    relevance, masks: (n, d); count: (n,) int64, at least 1 and at most d.
    """
    ranked = relevance.sort(dim=1, descending=True).values
    last = ranked.gather(1, (count - 1).clamp(min=0).unsqueeze(1))
    above, tied = relevance > last, relevance == last
    left = (count - above.sum(1)).double()
    return (above & masks).sum(1).double() + left * (tied & masks).sum(1).double() / tied.sum(1).double()


def _another_class(case: Case[Attribution]) -> Tensor:
    """The samples of a classifier in which another class than the label is explained."""
    if case.model.output != "classes" or case.labels.is_floating_point():
        return torch.zeros(len(case), dtype=torch.bool)
    return case.targets.cpu() != case.labels.cpu()
