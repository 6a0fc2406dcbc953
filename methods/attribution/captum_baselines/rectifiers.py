"""Captum's methods that change what the gradient does at rectifiers: GuidedBackprop and Deconvolution."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.explanations import Polarity
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.stray_functions import RECTIFIERS, stray_functions
from whybench.passes import Passes
from whybench.protocols import Model
from whybench.registries import register


def check_rectifiers(name: str, model: Model, sample: Tensor) -> None:
    """Raise Unsupported where a rectifier is no nn.ReLU module: Captum would pass it by with the plain gradient."""
    stray = [function for function in stray_functions(model.module, sample, (nn.ReLU,)) if function in RECTIFIERS]
    if stray or not any(isinstance(layer, nn.ReLU) for layer in model.module.modules()):
        ran = f"ran {', '.join(stray)} outside of them" if stray else "has none"
        raise Unsupported(
            f"{name} changes the gradient at nn.ReLU modules only; model {model.name!r} {ran}, "
            "where Captum would silently give the plain gradient"
        )


@dataclass(frozen=True)
class ModifiedReLU(CaptumMethod):
    """A gradient whose backward pass through every nn.ReLU module is changed."""

    hooks: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "layers"})
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def check(self, model: Model, sample: Tensor) -> None:
        check_rectifiers(self.name, model, sample)


@register
@dataclass(frozen=True)
class GuidedBackprop(ModifiedReLU):
    """Captum's GuidedBackprop: the gradient, of which only positive parts pass back through a ReLU that was active.

    Backward at a ReLU with input z: R_in = 1[z > 0] max(0, R_out), from df_c/df_c = 1; shaped like the inputs.
    Hardly depends on the target. Raises Unsupported for models with rectifiers other than nn.ReLU modules.

    Source: springenberg2015.
    """

    name: ClassVar[str] = "captum/guided_backprop"
    reference: ClassVar[str] = "springenberg2015"
    closed_form: ClassVar[str | None] = "guided_backprop"

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.GuidedBackprop(question.module).attribute(question.inputs, target=question.target)
        return answer


@register
@dataclass(frozen=True)
class Deconvolution(ModifiedReLU):
    """Captum's Deconvolution: the gradient, of which only positive parts pass back through a ReLU, active or not.

    Backward at a ReLU: R_in = max(0, R_out), from df_c/df_c = 1; max-pooling by its switches; shaped like the inputs.
    Hardly depends on the target. Raises Unsupported for models with rectifiers other than nn.ReLU modules.

    Source: zeiler2014.
    """

    name: ClassVar[str] = "captum/deconvolution"
    reference: ClassVar[str] = "zeiler2014"
    closed_form: ClassVar[str | None] = "deconvnet"

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.Deconvolution(question.module).attribute(question.inputs, target=question.target)
        return answer
