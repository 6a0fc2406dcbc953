"""DeepSHAP."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.differences import multipliers
from whybench.methods.attribution.checks import whole
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class DeepShap(AttributionMethod):
    """DeepLIFT (Rescale) averaged over a background of training samples.

    R_i = mean over the references r of (x_i - r_i) m_i(x, r), m the multipliers of `deep_lift`; shaped like the
    inputs, in units of the output; sum_i R_i = f_c(x) - mean over r of f_c(r) exactly. The Shapley values of f_c with
    features taken from the background where f_c is affine; an approximation of them elsewhere.

    background: references, drawn from the training samples without replacement, the same for every explained sample
    (all of them where there are fewer). Each costs two forward passes and a backward pass a sample.

    Raises Unsupported for models without training samples, and where `deep_lift` does.

    Source: lundberg2017.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> training = torch.tensor([[1.0, 0.0], [3.0, 2.0]], dtype=torch.float64)
    >>> DeepShap().attribute(linear, torch.zeros(1, 2, dtype=torch.float64), training=training).tolist()
    [[-4.0, 3.0]]
    """

    name: ClassVar[str] = "deep_shap"
    reference: ClassVar[str] = "lundberg2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "training"})
    stochastic: ClassVar[bool] = True
    complete: ClassVar[str | None] = "f(x) - mean f(background)"

    background: int = 25

    def __post_init__(self) -> None:
        whole(self, 1, "background")

    @property
    def closed_form(self) -> str | None:
        return "deep_shap" if self.background >= 2 else None

    def relevance(self, query: Query) -> Tensor:
        assert query.model.training is not None
        references = query.model.training.background(self.background, query.streams).to(query.inputs)
        total = torch.zeros_like(query.inputs)
        for sample, draw in query.each(len(references)):
            x, b = query.inputs[sample], references[draw]
            total.index_add_(0, sample, (x - b) * multipliers(query, x, b, sample))
        return total / len(references)

    def passes(self, query: Query) -> Passes | None:
        assert query.model.training is not None
        references = min(self.background, len(query.model.training))
        return Passes(2 * references, references) * len(query)
