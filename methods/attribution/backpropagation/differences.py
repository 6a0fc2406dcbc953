"""DeepLIFT: differences from a baseline, operation by operation, passed back in one backward pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call, leaves
from whybench.methods.attribution.backpropagation.difference_rules import ELEMENTWISE, lifted
from whybench.methods.attribution.backpropagation.operations import DROPOUTS
from whybench.methods.attribution.backpropagation.recording import Interpreter, Recording
from whybench.methods.attribution.backpropagation.reveal_cancel import Dense
from whybench.protocols import Query
from whybench.protocols.input_gradient import input_gradient


@dataclass(frozen=True, eq=False)
class Step:
    """One operation of the baselines' pass: the values of its dependent arguments, and its constant ones."""

    name: str
    before: tuple[Tensor, ...]
    constants: tuple[Any, ...]

    @classmethod
    def of(cls, call: Call) -> "Step":
        return cls(call.name, tuple(read.detach() for read in call.dependent), _constants(call))

    def check(self, call: Call) -> None:
        """Raise Unsupported where `call` is not the same operation with the same constants."""
        constants = _constants(call)
        if (self.name, len(self.before), len(self.constants)) != (call.name, len(call.dependent), len(constants)):
            raise Unsupported(
                f"the model runs {call.name!r} on its input where it runs {self.name!r} on the baseline; which "
                "operations run must not depend on the input's values"
            )
        if not all(_same(one, another) for one, another in zip(self.constants, constants, strict=True)):
            raise Unsupported(
                f"{call.name!r} reads a value without a gradient (of a comparison, a detached copy, a draw) that "
                "is not the same at the input and at the baseline"
            )


def _constants(call: Call) -> tuple[Any, ...]:
    if not torch.is_grad_enabled():
        raise Unsupported(
            f"{call.name!r} runs where gradients are switched off (torch.no_grad, a custom autograd function), so "
            "that no difference gets through"
        )
    return tuple(leaf for leaf in leaves((call.args, call.kwargs)) if not _depends(leaf))


class Differences:
    """Computes the values of a forward pass so that its backward pass gives DeepLIFT's multipliers.

    steps: what ran at the baselines; cancel: whether activations that read a fully connected layer take RevealCancel.
    What goes into the backward pass must not hold this object, which holds results.
    """

    def __init__(self, steps: list[Step], cancel: bool) -> None:
        self.steps: Iterator[Step] = iter(steps)
        self.cancel = cancel
        self.layers: dict[int, tuple[Tensor, Dense]] = {}
        self.cancelled = 0

    def __call__(self, call: Call) -> Any:
        step = next(self.steps, Step("nothing more", (), ()))
        step.check(call)
        layer = self.layers.get(id(call.dependent[0])) if self.cancel else None
        if layer is not None and call.name in ELEMENTWISE and len(step.before) == 1:
            self.cancelled += 1
            return layer[1].activated(call, step.before[0])
        result = lifted(call, step.before)
        if self.cancel:
            dense = Dense.of(call, step.before) or _shifted(call, layer)
            if dense is not None:
                self.layers[id(result)] = result, dense
        return result


def multipliers(query: Query, inputs: Tensor, baselines: Tensor, sample: Tensor, cancel: bool = False) -> Tensor:
    """DeepLIFT's multipliers of every input value: sum_i m_i (x_i - b_i) = f(x) - f(b) for every row.

    inputs, baselines: (rows, ...); sample: (rows,), whose target each row has; cancel: RevealCancel where defined.
    The module runs once on the baselines and once on the inputs, and back once: nothing is assumed about how it lays
    out its rows.

    Raises Unsupported, naming operation and module, where there is no rule.
    """
    steps: list[Step] = []

    def remember(call: Call) -> Any:
        steps.append(Step.of(call))
        return call.result()

    with torch.enable_grad():
        _explained(query, baselines, sample, remember)
        leaf = inputs.detach().clone().requires_grad_()
        differences = Differences(steps, cancel)
        explained = _explained(query, leaf, sample, differences)
        if cancel and differences.cancelled == 0:
            raise Unsupported(
                f"model {query.model.name!r} has no activation right after a fully connected layer, of which "
                "RevealCancel speaks"
            )
        return input_gradient(explained, torch.ones_like(explained), get_gradient_edge(leaf))


def _explained(query: Query, rows: Tensor, sample: Tensor, interpreter: Interpreter) -> Tensor:
    leaf = rows if rows.requires_grad else rows.detach().clone().requires_grad_()
    with Recording(query.model.module, leaf, interpreter) as recording:
        outputs = query.model.module(leaf)
    return query.model.explained(recording.finished(outputs), query.targets[sample])


def _shifted(call: Call, layer: tuple[Tensor, Dense] | None) -> Dense | None:
    """A fully connected layer stays one when a constant is added to it (a bias written out), or nothing dropped."""
    adds = layer is not None and call.name in {"add", "sub", *DROPOUTS} and len(call.dependent) == 1
    return layer[1] if adds and layer is not None and call.dependent[0] is call.args[0] else None


def _depends(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.requires_grad


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one.shape == other.shape and torch.equal(one, other)
    return type(one) is type(other) and bool(one == other)
