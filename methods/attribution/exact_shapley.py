"""Exact Shapley values of few regions."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.methods.attribution.exact import Exact
from whybench.protocols import Query
from whybench.registries import register
from whybench.worlds import shapley_values


@register
@dataclass(frozen=True)
class ExactShapley(Exact):
    """Shapley values of at most 16 regions, from all sets of them: nothing is sampled and nothing fitted.

    phi_i = sum over S without i of s! (d - s - 1)! / d! (v(S + i) - v(S)), with v(S) the output when the regions S are
    kept and the others filled in, s = |S|. Each region's value is shared equally by its features:
    (n, 1, height, width), in units of the output. What `shapley_sampling` and `kernel_shap` estimate, where they
    have the same regions, infill and output (theirs is the explained output, `logit` here).

    Raises BadParameter for values not allowed, Unsupported where there are more than 16 regions.

    Source: shapley1953; of regions: lundberg2017.

    >>> import torch
    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> ExactShapley().attribute(linear, torch.tensor([[1.0, 2.0]], dtype=torch.float64)).tolist()
    [[2.0, -6.0]]
    """

    name: ClassVar[str] = "exact_shapley"
    reference: ClassVar[str] = "shapley1953"
    complete: ClassVar[str | None] = "v(all) - v(none)"

    @property
    def closed_form(self) -> str | None:
        return "exact_shapley" if self == ExactShapley() else None

    def relevance(self, query: Query) -> Tensor:
        return self.spread(query, shapley_values(self.outputs(query)))
