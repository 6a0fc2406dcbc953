"""Captum's gradients: Saliency, InputXGradient, IntegratedGradients."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Polarity
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register

QUADRATURES = ("gausslegendre", "riemann_left", "riemann_middle", "riemann_right", "riemann_trapezoid")


@register
@dataclass(frozen=True)
class Saliency(CaptumMethod):
    """Captum's Saliency with its sign: the gradient of the explained output with respect to the input.

    R_i = df_c(x) / dx_i, shaped like the inputs. Captum takes absolute values unless told otherwise (abs=False here).

    Source: simonyan2013.
    """

    name: ClassVar[str] = "captum/saliency"
    reference: ClassVar[str] = "simonyan2013"
    closed_form: ClassVar[str | None] = "gradient"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.Saliency(question.explained).attribute(
            question.inputs, abs=False, additional_forward_args=(question.targets,)
        )
        return answer


@register
@dataclass(frozen=True)
class InputXGradient(CaptumMethod):
    """Captum's InputXGradient: R_i = x_i df_c(x) / dx_i, shaped like the inputs, in units of the output.

    Not invariant to a constant shift of the inputs that the model undoes.

    Source: shrikumar2016.
    """

    name: ClassVar[str] = "captum/input_x_gradient"
    reference: ClassVar[str] = "shrikumar2016"
    closed_form: ClassVar[str | None] = "input_x_gradient"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.InputXGradient(question.explained).attribute(
            question.inputs, additional_forward_args=(question.targets,)
        )
        return answer


@register
@dataclass(frozen=True)
class IntegratedGradients(CaptumMethod):
    """Captum's IntegratedGradients: the mean gradient on the line from the domain's baseline, times the distance.

    R_i = (x_i - b_i) * sum over k of w_k df_c(b + a_k (x - b)) / dx_i; shaped like the inputs, in units of the
    output. Captum rounds the weights w_k to float32, so that for float64 inputs R is off by up to 1e-7 of its size;
    completeness converges slowly across ReLU kinks.

    n_steps: points of the quadrature; method: which quadrature.

    Source: sundararajan2017.
    """

    name: ClassVar[str] = "captum/integrated_gradients"
    reference: ClassVar[str] = "sundararajan2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    complete: ClassVar[str | None] = "f(x) - f(baseline)"

    n_steps: int = 50
    method: Literal["gausslegendre", "riemann_left", "riemann_middle", "riemann_right", "riemann_trapezoid"] = (
        "gausslegendre"
    )

    def __post_init__(self) -> None:
        if self.method not in QUADRATURES:
            raise BadParameter(f"{self.name}: method={self.method!r}; allowed: {', '.join(QUADRATURES)}")
        least = 2 if self.method == "riemann_trapezoid" else 1
        if self.n_steps < least:
            raise BadParameter(f"{self.name}: n_steps={self.n_steps}; {self.method} needs at least {least}")

    @property
    def closed_form(self) -> str | None:
        return "integrated_gradients" if self.n_steps >= 50 else None

    def ask(self, captum: Any, question: Question) -> Tensor:
        answer: Tensor = captum.IntegratedGradients(question.explained).attribute(
            question.inputs,
            baselines=question.baseline,
            additional_forward_args=(question.targets,),
            n_steps=self.n_steps,
            method=self.method,
            internal_batch_size=question.rows,
        )
        return answer

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.n_steps, self.n_steps) * len(query)
