"""Captum's linear surrogates: Lime and KernelShap."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.feature_mask import check_region, feature_mask
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@dataclass(frozen=True)
class Surrogate(CaptumMethod):
    """A linear model of the explained output over which regions are kept; its coefficients are the relevances.

    n_samples: perturbed inputs a sample (Captum's own default is 25, fewer than most inputs have regions); region:
    side of the regions in pixels or columns, None for the domain's default.
    """

    libraries: ClassVar[tuple[str, ...]] = ("captum", "scikit-learn")
    stochastic: ClassVar[bool] = True
    alone: ClassVar[bool] = True

    n_samples: int = 200
    region: int | None = None

    def __post_init__(self) -> None:
        if self.n_samples < 2:
            raise BadParameter(f"{self.name}: n_samples={self.n_samples}; at least 2 are needed")
        check_region(self.name, self.region)

    def fitted(self, explainer: Any, question: Question) -> Tensor:
        """The coefficients of `explainer`'s linear model, spread over their regions."""
        answer: Tensor = explainer.attribute(
            question.inputs,
            baselines=question.baseline,
            additional_forward_args=(question.targets,),
            feature_mask=feature_mask(question, self.region),
            n_samples=self.n_samples,
            perturbations_per_eval=question.perturbations_per_eval,
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.n_samples) * len(query)


@register
@dataclass(frozen=True)
class Lime(Surrogate):
    """Captum's Lime: a Lasso from random subsets of kept regions to the explained output.

    R = argmin_w sum over z of k(z) (f_c(x_z) - w_0 - w.z)^2 / (2 sum k) + alpha |w|_1, with the kernel
    k = exp(-(1 - cos(x, x_z))^2 / 2): every feature and channel has its region's coefficient. The penalty is
    absolute: it shrinks all coefficients, and outputs that vary by less than alpha give a map of zeros. Captum
    computes in float32.

    alpha: strength of the L1 penalty.

    Source: ribeiro2016.
    """

    name: ClassVar[str] = "captum/lime"
    reference: ClassVar[str] = "ribeiro2016"

    alpha: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.alpha > 0:
            raise BadParameter(f"{self.name}: alpha={self.alpha}; a positive number is needed")

    def ask(self, captum: Any, question: Question) -> Tensor:
        from captum._utils.models.linear_model import SkLearnLasso  # Captum documents it under this name only

        return self.fitted(
            captum.Lime(question.explained, interpretable_model=SkLearnLasso(alpha=self.alpha)), question
        )


@register
@dataclass(frozen=True)
class KernelShap(Surrogate):
    """Captum's KernelShap: least squares from subsets of kept regions to the explained output, Shapley-weighted.

    Subset sizes s are drawn with probability ~ (M - 1) / (s (M - s)); the full and the empty subset weigh 1e6, so
    that sum_j w_j = f_c(x) - f_c(b) to about 1e-5 only; every feature and channel has its region's coefficient. With
    few samples far from the Shapley values even where all 2^M subsets could be asked. Captum computes in float32.

    Source: lundberg2017.
    """

    name: ClassVar[str] = "captum/kernel_shap"
    reference: ClassVar[str] = "lundberg2017"

    def ask(self, captum: Any, question: Question) -> Tensor:
        if not feature_mask(question, self.region).any():
            raise Unsupported(f"{self.name}: the input is one region, for which Captum has no sizes of subsets to draw")
        return self.fitted(captum.KernelShap(question.explained), question)
