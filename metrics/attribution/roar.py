"""Remove and retrain."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter, shown
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.curve_metric import Order
from whybench.metrics.attribution.percentages import check_percentages
from whybench.metrics.attribution.retrained_answers import RetrainedAnswers, RetrainedCleanAnswers
from whybench.metrics.attribution.training_maps import retraining_of
from whybench.passes import Passes
from whybench.protocols import Artifact, Case, Curves, Metric, Scores
from whybench.registries import register

RoarOutput = Literal["accuracy", "probability"]


@register
@dataclass(frozen=True)
class Roar(Metric[Attribution]):
    """Whether a model can still learn its task from what is left when the most relevant features are gone (ROAR).

        s = 1/|P|R sum over percentages p in P and repeats r of  1[ argmax f_pr(x without its first p %) = label ]

    f_pr is the model trained again, by its own recipe, on its training inputs each without the first p % in the order
    of the method's own map of it; removed pixels (all channels together) or columns take the data's mean, here and in
    the samples. One number a sample in [0, 1], whose mean over samples is the mean accuracy: for 10, 30, ..., 90 % the
    area under the accuracy curve by the midpoint rule. The accuracy at one percentage is the mean of the detail
    `removed p %`, with 0 % trained again on clean inputs; that of one training seed is the mean of `repeat r`.

    percentages: whole numbers from 1 to 100, rising, rounded down to whole features. order: `morf` removes the most
    relevant features first (lower is better), `lerf` the least relevant, which is keep-and-retrain (KAR; higher is
    better). output: `accuracy`, or `probability` of the label. repeats: trainings a percentage, each with a seed of its
    own, the same for all methods (the source has 5). Where features tie, the repeats take turns between a random order
    of them, drawn once a sample, and its reverse; an even number of repeats is balanced.

    places: train once more a percentage on inputs that are 1 where a feature is kept and 0 where it is removed, and
    nothing else. The detail `places p %` is what the places alone tell of the class, the information leakage of
    rong2022: where a map depends on the class it is high, and then so is the score, however much evidence went with the
    features. A score is worth reading where this is near chance (`road` has an infill that hides the places).

    Training inputs are explained for the class that the model predicts. Compare with the control `random`, never with
    the clean accuracy alone. Intervals over samples say nothing of other training seeds, which `repeat r` shows.

    Passes: one a percentage and repeat for each sample, with `places` one more a percentage, the method's for each
    training input and one more, and for all methods together one a repeat for each sample. Passes of training are not
    counted.

    Raises BadParameter; Unsupported for models without classes and for those of which nothing says how they can be
    trained again on other inputs (`Retraining.train_on`; the small networks for classes that come with whybench have
    it, photographs' models and tree ensembles do not).

    Source: hooker2019.
    """

    name: ClassVar[str] = "roar"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    needs: ClassVar[frozenset[str]] = frozenset({"classes", "retraining"})
    reference: ClassVar[str] = "hooker2019"
    stochastic: ClassVar[bool] = True

    percentages: tuple[int, ...] = (10, 30, 50, 70, 90)
    order: Order = "morf"
    output: RoarOutput = "accuracy"
    repeats: int = 2
    places: bool = False

    def __post_init__(self) -> None:
        for parameter, value, allowed in (
            ("order", self.order, get_args(Order)),
            ("output", self.output, get_args(RoarOutput)),
        ):
            if value not in allowed:
                raise BadParameter(f"roar: {parameter}={value!r}; allowed: {', '.join(allowed)}")
        object.__setattr__(self, "percentages", check_percentages(self.name, self.percentages))
        if not isinstance(self.places, bool):
            raise BadParameter(f"roar: places={shown(self.places)}; True or False is needed")
        if self.repeats < 1:
            raise BadParameter(f"roar: repeats={self.repeats}; at least 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return self.order == "lerf"

    def score(self, case: Case[Attribution]) -> Scores:
        clean = torch.stack([self._read(case, RetrainedCleanAnswers(repeat)) for repeat in range(self.repeats)], 1)
        values = torch.stack([self._after(case, percentage) for percentage in self.percentages], 1)
        curve = torch.cat([clean.mean(1, keepdim=True), values.mean(2)], 1)
        features = prod(case.domain.grid(case.inputs.shape))
        shares = [features * percentage // 100 / features for percentage in (0, *self.percentages)]
        points = {f"removed {p} %": curve[:, i] for i, p in enumerate((0, *self.percentages))}
        repeats = {f"repeat {repeat}": values[:, :, repeat].mean(1) for repeat in range(self.repeats)}
        return Scores(
            values.mean((1, 2)),
            details={**points, **repeats, **self._told_by_places(case)},
            curves=Curves(curve.new_tensor(shares).expand_as(curve), curve, "fraction removed", self.output),
        )

    def passes(self, case: Case[Attribution]) -> Passes | None:
        learned = len(retraining_of(case).labels)
        mapped = case.asked(learned / len(case))
        return None if mapped is None else mapped + Passes(learned)

    def _after(self, case: Case[Attribution], percentage: int) -> Tensor:
        """The answers of all repeats at one percentage, (n, repeats)."""
        trained = [RetrainedAnswers(percentage, self.order, repeat) for repeat in range(self.repeats)]
        return torch.stack([self._read(case, request) for request in trained], 1)

    def _told_by_places(self, case: Case[Attribution]) -> dict[str, Tensor]:
        """The answers of models that see nothing but the places, once a percentage."""
        percentages = self.percentages if self.places else ()
        return {f"places {p} %": self._read(case, RetrainedAnswers(p, self.order, 0, "places")) for p in percentages}

    def _read(self, case: Case[Attribution], request: Artifact) -> Tensor:
        return case.artifact(request)[self.output].cpu()
