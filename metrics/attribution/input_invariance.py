"""Input invariance under a constant shift."""

import math
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from whybench.domains import Domain
from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.passes import Passes
from whybench.protocols import Case, Method, Metric, Model, Scores
from whybench.protocols.blocks import scores_by_block
from whybench.registries import register


@register
@dataclass(frozen=True)
class InputInvariance(Metric[Attribution]):
    """How much a map changes when all inputs move by a constant that the model takes away again.

    score = max |R(x + m; f2) - R(x; f)| / max |R(x; f)| with f2(z) = f(z - m), hence f2(x + m) = f(x); 0 is invariant;
    without unit. Relevances are compared as the method gives them, before channels are summed. f2 subtracts m before
    anything else runs, so that padded convolutions see what they saw before; its bounds, its data's mean and its
    training data move by m. Known outcomes: gradients and what is made of them alone give 0; input x gradient gives
    max |m * gradient| / max |R|; integrated gradients give 0 only where the baseline moves along.

    shift: m, in units of the input space; baseline: whether the reference input of methods that need one stays
    (`fixed`, as a black image would) or moves by m too (`shifted`).

    The detail `rounding` is max |x + m - m - x|, which is 0 for pixels in steps of a power of two (such as
    (x - 127) / 128) with m = 1; elsewhere scores below about rounding / precision mean nothing. A sample with a zero
    map is undefined.

    Raises BadParameter.

    Source: kindermans2019.
    """

    name: ClassVar[str] = "input_invariance"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "consistency"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    reference: ClassVar[str] = "kindermans2019"
    trivial: ClassVar[bool] = True

    shift: float = 1.0
    baseline: Literal["fixed", "shifted"] = "fixed"

    def __post_init__(self) -> None:
        if not math.isfinite(self.shift) or self.shift == 0:
            raise BadParameter(f"input_invariance: shift={self.shift}; a finite number other than 0 is needed")
        if self.baseline not in ("fixed", "shifted"):
            raise BadParameter(f"input_invariance: baseline={self.baseline!r}; allowed: fixed, shifted")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        model = self._shifted(case.model)
        if case.method is not None and type(case.method).prepare is not Method.prepare:
            return self._judged(case, model)  # block by block it would learn of the shifted model again and again
        return scores_by_block(lambda block: self._judged(block, model), case)

    def _judged(self, case: Case[Attribution], model: Model) -> Scores:
        """The scores of a few samples; model: the one that takes the shift off."""
        moved = case.inputs + self.shift
        before = case.explanation.relevance.double()
        after = case.explain(model=model, inputs=moved).relevance.double()
        largest = _largest(before)
        undefined = dict.fromkeys((largest == 0).nonzero().flatten().tolist(), "a zero map has no relative change")
        return Scores(
            _largest(after - before) / largest.masked_fill(largest == 0, torch.nan),
            undefined,
            details={"rounding": _largest((moved - self.shift).double() - case.inputs.double())},
        )

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return case.asked(1)

    def _shifted(self, model: Model) -> Model:
        learned = model.training
        return replace(
            model,
            module=shifted(model.module, self.shift),
            domain=self._shifted_domain(model.domain),
            training=None if learned is None else replace(learned, inputs=learned.inputs + self.shift),
        )

    def _shifted_domain(self, domain: Domain) -> Domain:
        return replace(
            domain,
            low=None if domain.low is None else domain.low + self.shift,
            high=None if domain.high is None else domain.high + self.shift,
            mean=domain.mean + self.shift,
            baseline=domain.baseline + self.shift if self.baseline == "shifted" else domain.baseline,
        )


def shifted(module: nn.Module, shift: float) -> nn.Module:
    """A module that takes `shift` off its inputs and goes on as `module` does.

    It is a shallow copy of a class of its own, neither a wrapper nor hooked: layers, which some methods are told by
    name, keep their names, parameters are shared, and methods that copy or hook the module find it as they know it.
    """
    if module._forward_pre_hooks:
        raise Unsupported("input_invariance shifts what reaches forward; the model's own pre-hooks would come before")
    original = type(module)

    def forward(self: nn.Module, inputs: Tensor, *rest: Any) -> Any:
        return original.forward(self, inputs - shift, *rest)

    twin = copy(module)
    twin.__class__ = type(f"Shifted{original.__name__}", (original,), {"forward": forward})
    return twin


def _largest(relevance: Tensor) -> Tensor:
    """The largest absolute value of each sample, (n,) on the CPU."""
    return relevance.flatten(1).abs().amax(1).cpu()
