"""Expected gradients."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.layout import taken
from whybench.methods.attribution.checks import whole
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class ExpectedGradients(AttributionMethod):
    """Integrated gradients averaged over baselines from the training data, both by the same random draws.

    R_i(x) = mean over draws k of (x_i - b_ki) df_c(b_k + a_k (x - b_k)) / dx_i, b_k a training sample and a_k uniform
    in [0, 1); shaped like the inputs, in units of the output; in expectation the sum is f_c(x) - mean f_c(training).

    samples: draws, one gradient each; a draw is named by the sample's id and its number.

    Raises Unsupported for models without training samples.

    Source: erion2021.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> training, x = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.zeros(1, 2, dtype=torch.float64)
    >>> ExpectedGradients(samples=4).attribute(linear, x, training=training).tolist()
    [[-2.0, 6.0]]
    """

    name: ClassVar[str] = "expected_gradients"
    reference: ClassVar[str] = "erion2021"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "training"})
    stochastic: ClassVar[bool] = True
    complete: ClassVar[str | None] = "f(x) - mean f(training), in expectation"

    samples: int = 50

    def __post_init__(self) -> None:
        whole(self, 1, "samples")

    def relevance(self, query: Query) -> Tensor:
        assert query.model.training is not None
        training = query.model.training.inputs.to(query.inputs)
        total = torch.zeros_like(query.inputs)
        for sample, _, uniform in query.drawn(query.streams.uniforms, "expected_gradients", self.samples, (2,)):
            which = (uniform[:, 0] * len(training)).long().to(sample)
            baseline = taken(training, which)
            position = uniform[:, 1].to(training).view(-1, *(1,) * (training.ndim - 1))
            point = taken(query.inputs, sample).sub_(baseline).mul_(position).add_(baseline)
            # Draws of one sample with one baseline share the distance that their gradients are multiplied by.
            sums, pair = query.gradient_sums(point, sample, sample * len(training) + which)
            sample, which = pair // len(training), pair % len(training)
            total.index_add_(0, sample, taken(query.inputs, sample).sub_(taken(training, which)).mul_(sums))
        return total / self.samples

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.samples, self.samples) * len(query)
