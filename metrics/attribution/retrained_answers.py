"""What a model that was trained again says about the labels of samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from whybench.domains import Domain
from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.metrics.attribution.curve_metric import Order
from whybench.metrics.attribution.randomised_models import Twin
from whybench.metrics.attribution.training_maps import TrainingMaps, retraining_of, training_ids, training_inputs
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.asking import predict
from whybench.protocols.model import check_classes, steady
from whybench.sweeps.ranks import tie_orders

Content = Literal["features", "places"]


@dataclass(frozen=True)
class RetrainedAnswers(Artifact):
    """The answers after one training on inputs without the most relevant features, to samples without theirs.

    removed: percentage of the features, rounded down to whole ones; order: `morf` removes those of the largest
    relevance, `lerf` those of the smallest; repeat: names the seed of the training, the same for all methods, orders
    and percentages, and which of two opposite orders of ties is taken, on training inputs and samples alike; content:
    `features` keeps what is not removed and puts the data's mean in place of what is, `places` has 1 and 0 instead.

    Tensors: `accuracy` (n,), 1 where the label is predicted and 0 elsewhere; `probability` (n,), the softmax of the
    label; float64 both.

    Raises Unsupported for models that cannot be trained again on other inputs and for labels that are no classes.
    """

    name: ClassVar[str] = "retrained_answers"
    needs: ClassVar[frozenset[str]] = frozenset({"retraining"})

    removed: int
    order: Order
    repeat: int
    content: Content = "features"

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        explanation = case.explanation
        known = case.artifact(TrainingMaps())["relevance"]
        asked = case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)
        return retrained(
            case,
            self._degraded(case, training_inputs(case), known, training_ids(case)),
            self._degraded(case, case.inputs, asked, case.ids),
            self.repeat,
        )

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        """Those of the samples; maps of training inputs, which all trainings read, are the metric's to count."""
        return Passes(len(case))

    def _degraded(self, case: Case[Any], inputs: Tensor, maps: Tensor, ids: tuple[str, ...]) -> Tensor:
        values = maps.to(inputs.device).flatten(1)
        places = tie_orders(values if self.order == "morf" else -values, ids, case.streams)[:, self.repeat % 2]
        kept = (places >= values.shape[1] * self.removed // 100).view(maps.shape)
        if self.content == "places":
            return case.domain.over_channels(kept).to(inputs).expand_as(inputs)
        return mean_filled(case.domain, inputs, kept)


@dataclass(frozen=True)
class RetrainedCleanAnswers(Artifact):
    """The answers after one training on the model's own inputs, to the samples as they are: one for all methods.

    repeat, tensors and errors: as those of `RetrainedAnswers`.
    """

    name: ClassVar[str] = "retrained_clean_answers"
    shared: ClassVar[bool] = True

    repeat: int

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        return retrained(case, training_inputs(case), case.inputs, self.repeat)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(len(case))


def mean_filled(domain: Domain, inputs: Tensor, kept: Tensor) -> Tensor:
    """`inputs` in which the data's mean, all channels together, stands wherever `kept` (n, *grid) is false."""
    every = torch.arange(len(inputs), device=inputs.device)
    return domain.fixed(inputs, domain.like(domain.mean, inputs)).apply(kept, every)


def retrained(case: Case[Any], learned: Tensor, asked: Tensor, repeat: int) -> dict[str, Tensor]:
    """What the model says to `asked`, once it was trained on the inputs `learned` and their own labels."""
    retraining = retraining_of(case)
    if retraining.train_on is None:
        raise Unsupported(f"nothing says how model {case.model.name!r} can be trained again on other inputs")
    if case.labels.is_floating_point():
        raise Unsupported(f"labels of {case.labels.dtype} are no classes, so that no answer is right or wrong")
    seed = int(torch.randint(2**31, (), generator=case.streams.generator("retraining", "", repeat)))
    weights = retraining.train_on(learned.to(retraining.inputs).clone(), retraining.labels.clone(), seed)
    model = Twin(case.model).holding(weights)
    with steady(model.module):
        outputs = predict(model, asked, case.rows).double()
    labels = case.labels.to(outputs.device)
    check_classes(labels, outputs.shape[1])
    return {
        "accuracy": (outputs.argmax(1) == labels).double(),
        "probability": outputs.softmax(1).gather(1, labels[:, None]).squeeze(1),
    }
