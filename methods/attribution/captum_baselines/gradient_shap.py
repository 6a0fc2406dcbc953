"""Captum's GradientShap."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.passes import in_passes
from whybench.methods.attribution.captum_baselines.references import check_references, reference_inputs
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class GradientShap(CaptumMethod):
    """Captum's GradientShap: expected gradients over reference inputs and random points on the lines to them.

    R_i = 1/N * sum over k of (x_i + g_ki - r_ki) df_c(r_k + u_k (x + g_k - r_k)) / dx_i, r_k drawn from the
    references, u_k ~ U(0, 1), g_k ~ N(0, stdevs^2); shaped like the inputs, in units of the output. Sums to
    f_c(x) - mean f_c(r) in expectation only. Captum draws r and u from numpy's and g from torch's generator.

    n_samples: draws a sample (Captum's own default is 5); stdevs: noise on the input; n_references: the domain's
    baseline, its mean, and uniform draws within its bounds, if it has any.

    Source: lundberg2017.
    """

    name: ClassVar[str] = "captum/gradient_shap"
    reference: ClassVar[str] = "lundberg2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    stochastic: ClassVar[bool] = True
    alone: ClassVar[bool] = True

    n_samples: int = 20
    stdevs: float = 0.0
    n_references: int = 8

    def __post_init__(self) -> None:
        if self.n_samples < 1:
            raise BadParameter(f"{self.name}: n_samples={self.n_samples}; at least 1 is needed")
        if not self.stdevs >= 0:
            raise BadParameter(f"{self.name}: stdevs={self.stdevs}; a number of at least 0")
        check_references(self.name, self.n_references)

    def ask(self, captum: Any, question: Question) -> Tensor:
        explainer = captum.GradientShap(question.explained)
        explainer.gradient_func = in_passes(explainer.gradient_func, question.rows)
        answer: Tensor = explainer.attribute(
            question.inputs,
            baselines=reference_inputs(question, self.n_references),
            n_samples=self.n_samples,
            stdevs=float(self.stdevs),
            additional_forward_args=(question.targets,),
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.n_samples, self.n_samples) * len(query)
