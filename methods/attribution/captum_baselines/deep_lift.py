"""Captum's DeepLift and DeepLiftShap."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.references import check_references, reference_inputs
from whybench.methods.attribution.captum_baselines.stray_functions import NONLINEAR, stray_functions
from whybench.passes import Passes
from whybench.protocols import Model, Query
from whybench.registries import register

WITH_RULE = (
    *(nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softmax),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
)
"""The modules, of exactly these types, that Captum has a DeepLIFT rule for."""


@dataclass(frozen=True)
class Rescale(CaptumMethod):
    """Differences from a reference passed back with DeepLIFT's Rescale rule, one sample a call.

    In a batch, Captum's rule for max-pooling takes the first sample's gradient for all, and that for softmax divides
    by the size of the whole batch.
    """

    hooks: ClassVar[bool] = True
    alone: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "layers"})

    def check(self, model: Model, sample: Tensor) -> None:
        stray = [function for function in stray_functions(model.module, sample, WITH_RULE) if function in NONLINEAR]
        if stray:
            raise Unsupported(
                f"{self.name} has no rule for {', '.join(stray)} outside of modules such as nn.ReLU and nn.MaxPool2d; "
                f"on model {model.name!r} Captum would silently take the plain gradient there"
            )


@register
@dataclass(frozen=True)
class DeepLift(Rescale):
    """Captum's DeepLift (Rescale rule): what every feature adds to the output's difference from the reference.

    Backward at a non-linear unit: R_in = R_out * (f(z) - f(z_b)) / (z - z_b); R = (x - b) times the result, shaped
    like the inputs, in units of the output, b the domain's baseline. Not complete where a ReLU is followed directly
    by max-pooling and b is not zero, nor through a softmax inside the model.

    Raises Unsupported for models that run non-linear functions without a rule, or a non-linear module twice.

    Source: shrikumar2017.
    """

    name: ClassVar[str] = "captum/deep_lift"
    reference: ClassVar[str] = "shrikumar2017"
    complete: ClassVar[str | None] = "f(x) - f(baseline)"
    closed_form: ClassVar[str | None] = "deep_lift"
    passes_each: ClassVar[Passes | None] = Passes(2, 1)

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.DeepLift(question.module).attribute(
            question.inputs, baselines=question.baseline, target=question.target
        )
        return answer


@register
@dataclass(frozen=True)
class DeepLiftShap(Rescale):
    """Captum's DeepLiftShap: DeepLift averaged over reference inputs.

    R = 1/K * sum over references r of DeepLift(x, r); shaped like the inputs, in units of the output. Shapley values
    for affine models only. One pass takes 2 K rows. DeepLift's limits hold, and most references are not zero.

    n_references: the domain's baseline, its mean, and uniform draws within its bounds, if it has any.

    Raises Unsupported as captum/deep_lift does.

    Source: lundberg2017.
    """

    name: ClassVar[str] = "captum/deep_lift_shap"
    reference: ClassVar[str] = "lundberg2017"
    stochastic: ClassVar[bool] = True

    n_references: int = 8

    def __post_init__(self) -> None:
        check_references(self.name, self.n_references)

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.DeepLiftShap(question.module).attribute(
            question.inputs, baselines=reference_inputs(question, self.n_references), target=question.target
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        return Passes(2 * self.n_references, self.n_references) * len(query)
