"""Captum's NoiseTunnel around Saliency: SmoothGrad and VarGrad."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Polarity
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.passes import in_passes
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register

RELATIVE_NOISE = 0.15
"""Default deviation of the noise, in units of the range of values of the sample."""


@dataclass(frozen=True)
class NoiseTunnel(CaptumMethod):
    """Gradients at noisy copies of the input, brought together as `nt_type` says.

    nt_samples: noisy copies; stdevs: standard deviation of the noise in units of the input, or None for 0.15 times
    (max x - min x) of the sample (Captum's own default, 1.0 whatever the input's scale, is not used).
    """

    alone: ClassVar[bool] = True
    stochastic: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    nt_type: ClassVar[str]

    nt_samples: int = 25
    stdevs: float | None = None
    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def __post_init__(self) -> None:
        if self.nt_samples < 1:
            raise BadParameter(f"{self.name}: nt_samples={self.nt_samples}; at least 1 is needed")
        if self.stdevs is not None and not self.stdevs >= 0:
            raise BadParameter(f"{self.name}: stdevs={self.stdevs}; a number of at least 0, or None")

    def ask(self, captum: Any, question: Question) -> Tensor:
        spread = (question.inputs.max() - question.inputs.min()).item()
        saliency = captum.Saliency(question.explained)
        saliency.gradient_func = in_passes(saliency.gradient_func, question.rows)
        answer: Tensor = captum.NoiseTunnel(saliency).attribute(
            question.inputs,
            nt_type=self.nt_type,
            nt_samples=self.nt_samples,
            stdevs=RELATIVE_NOISE * spread if self.stdevs is None else float(self.stdevs),
            abs=False,
            additional_forward_args=(question.targets,),
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.nt_samples, self.nt_samples) * len(query)


@register
@dataclass(frozen=True)
class SmoothGrad(NoiseTunnel):
    """Captum's SmoothGrad: the mean gradient over noisy copies of the input.

    R_i = 1/N * sum over k of df_c(x + g_k) / dx_i with g_k ~ N(0, stdevs^2); shaped like the inputs. The noise is
    drawn in float32 whatever the inputs are.

    Source: smilkov2017.
    """

    name: ClassVar[str] = "captum/smooth_grad"
    reference: ClassVar[str] = "smilkov2017"
    nt_type: ClassVar[str] = "smoothgrad"


@register
@dataclass(frozen=True)
class VarGrad(NoiseTunnel):
    """Captum's VarGrad: the variance of the gradient over noisy copies of the input.

    R_i = 1/N * sum over k of (df_c(x + g_k) / dx_i)^2 - (1/N * sum over k of df_c(x + g_k) / dx_i)^2; shaped like
    the inputs, not negative but for rounding, since Captum subtracts two large numbers.

    Source: adebayo2018vargrad.
    """

    name: ClassVar[str] = "captum/var_grad"
    reference: ClassVar[str] = "adebayo2018vargrad"
    signed: ClassVar[bool] = False
    nt_type: ClassVar[str] = "vargrad"

    polarity: Polarity = field(default="contribution", kw_only=True)
