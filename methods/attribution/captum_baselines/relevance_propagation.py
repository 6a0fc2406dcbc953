"""Captum's LRP."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.stray_functions import stray_functions
from whybench.passes import Passes
from whybench.protocols import Model
from whybench.registries import register

WITH_RULE = (
    *(nn.Linear, nn.Conv2d, nn.BatchNorm2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
)
"""The modules, of exactly these types, that take a rule."""
PASSED_THROUGH = (nn.ReLU, nn.Tanh, nn.Dropout)
"""The modules, of exactly these types, that Captum passes relevance through unchanged."""
PASSING = frozenset({"relu", "max_pool1d", "max_pool2d", "max_pool3d", "dropout"})
RESHAPING = frozenset(
    {"view", "reshape", "flatten", "squeeze", "unsqueeze", "permute", "transpose", "contiguous", "clone"}
)
ASKING = frozenset({"size", "dim", "numel", "__get__", "__len__", "_set_grad_enabled"})
HARMLESS = PASSING | RESHAPING | ASKING
"""Functions whose gradient passes relevance on as the rules do."""


@register
@dataclass(frozen=True)
class LRP(CaptumMethod):
    """Captum's LRP with the epsilon rule at every linear, convolution, pooling and batch-normalisation module.

    R_j = sum over k of a_j w_jk / (z_k + epsilon sign z_k) R_k with the bias in z_k, from R = f_c(x); max-pooling
    winner-take-all; shaped like the inputs, in units of the output. For epsilon -> 0 the same as
    captum/input_x_gradient, up to tanh, through which relevance passes unchanged. Captum has no rule for the input
    layer, no composites, and no folding of batch normalisation.

    epsilon: the stabiliser, in units of the pre-activations.

    Raises Unsupported, naming them, for modules and functions without a rule, and for modules that run twice.

    Source: bach2015.
    """

    name: ClassVar[str] = "captum/lrp"
    reference: ClassVar[str] = "bach2015"
    hooks: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "layers"})
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    epsilon: float = 1e-9

    def __post_init__(self) -> None:
        if not self.epsilon >= 0:
            raise BadParameter(f"{self.name}: epsilon={self.epsilon}; a number of at least 0 is needed")

    @property
    def closed_form(self) -> str | None:
        return "lrp epsilon" if self.epsilon <= 1e-6 else None

    def check(self, model: Model, sample: Tensor) -> None:
        known = WITH_RULE + PASSED_THROUGH
        lacking = [type(layer).__name__ for layer in _leaves(model.module) if type(layer) not in known]
        if not lacking:
            lacking = [name for name in stray_functions(model.module, sample, known) if name not in HARMLESS]
        if lacking:
            raise Unsupported(
                f"{self.name} has no rule for {', '.join(dict.fromkeys(lacking))} in model {model.name!r}"
            )

    def ask(self, captum: Any, question: Question) -> Tensor:
        from captum.attr._utils.lrp_rules import EpsilonRule  # Captum documents it under this name only

        for layer in _leaves(question.module):
            if type(layer) in WITH_RULE:
                layer.rule = EpsilonRule(self.epsilon)  # at every call: Captum deletes it
        # Captum looks for rules on a module's children only.
        answer: Tensor = captum.LRP(nn.Sequential(question.module)).attribute(question.inputs, target=question.target)
        return answer


def _leaves(module: nn.Module) -> list[nn.Module]:
    return [layer for layer in module.modules() if not [*layer.children()]]
