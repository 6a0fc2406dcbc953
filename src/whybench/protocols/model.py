"""A model: a loaded predictor with what is needed to ask it questions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from whybench.digests import module_digest
from whybench.domains import Domain
from whybench.errors import BadInput
from whybench.layout import lies_last
from whybench.protocols.retraining import Retraining
from whybench.protocols.training import Training
from whybench.trees import TreeEnsemble


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded predictor.

    module: maps inputs (n, ...) to class logits (n, classes), or to a scalar (n,) or (n, 1).
    output: which of the two; the explained output is the target's logit, or the scalar.
    layers: hints by purpose, as names of sub-modules; `cam` is the layer that CAM-like methods look at.
    preprocess: one raw sample of a dataset -> one model input.
    differentiable: False for black boxes, which answer forward passes only.
    channels_last: the memory layout that the model takes images in; None: whichever is faster on the machine.
    training: samples that methods may learn from, where there are any.
    retraining: how the model was trained, where that can be done again with other labels.
    """

    name: str
    module: nn.Module
    domain: Domain
    output: Literal["classes", "scalar"] = "classes"
    class_names: tuple[str, ...] = ()
    layers: Mapping[str, str] = field(default_factory=dict)
    preprocess: Callable[[Any], Tensor] = torch.as_tensor
    differentiable: bool = True
    channels_last: bool | None = False
    training: Training | None = None
    retraining: Retraining | None = None

    @property
    def capabilities(self) -> frozenset[str]:
        """What the model can give, in the words of `Method.needs` and `Metric.needs`."""
        gives = {self.domain.name, self.output}
        if self.differentiable:
            gives |= {"gradients", "layers"}
        if self.domain.low is not None and self.domain.high is not None:
            gives.add("bounds")
        if self.training is not None:
            gives.add("training")
        if self.retraining is not None:
            gives.add("retraining")
        if isinstance(self.module, TreeEnsemble):
            gives.add("trees")
        return frozenset(gives)

    @cached_property
    def digest(self) -> str:
        """sha256 of the architecture and of every parameter and buffer."""
        return module_digest(self.module)

    @cached_property
    def memory(self) -> dict[Hashable, Any]:
        """What has been found out of the model, which never changes: kept as long as it is there."""
        return {}

    def with_module(self, module: nn.Module) -> "Model":
        """The same model around another module (a randomised or shifted copy)."""
        return replace(self, module=module)

    def laid_out(self, rows: Tensor) -> Tensor:
        """Inputs in the model's memory layout: themselves where it is left open, or by `is_contiguous` theirs."""
        return rows.contiguous(memory_format=torch.channels_last) if self.channels_last and rows.ndim == 4 else rows

    def copied(self, rows: Tensor) -> Tensor:
        """A copy of inputs, in the model's memory layout, since some models write into what they are given."""
        last = self.channels_last and rows.ndim == 4
        return rows.clone(memory_format=torch.channels_last if last else torch.preserve_format)

    def given(self, rows: Tensor, disposable: bool) -> Tensor:
        """Inputs as the module gets them: a copy, or themselves where they are disposable and lie as it likes."""
        fits = not self.channels_last or rows.ndim != 4 or lies_last(rows)
        return rows if disposable and fits else self.copied(rows)

    def explained(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The explained scalar of each row of the module's outputs: the target's logit, or the scalar itself."""
        if self.output == "scalar":
            if outputs.ndim > 2 or outputs.numel() != len(targets):
                raise BadInput(
                    f"model {self.name!r} returned shape {tuple(outputs.shape)} for {len(targets)} inputs; "
                    f"a scalar model returns ({len(targets)},) or ({len(targets)}, 1)"
                )
            return outputs.reshape(len(targets))
        if outputs.ndim != 2 or len(outputs) != len(targets):
            raise BadInput(
                f"model {self.name!r} returned shape {tuple(outputs.shape)} for {len(targets)} inputs; "
                f"a classifier returns ({len(targets)}, classes)"
            )
        try:
            return outputs.gather(1, targets[:, None]).squeeze(1)
        except RuntimeError:  # looked for only then: to ask every pass would wait for the device
            check_classes(targets, outputs.shape[1])
            raise


def check_classes(targets: Tensor, classes: int) -> None:
    """Raise BadInput, showing them, where targets are no classes of the model."""
    outside = sorted({target for target in targets.tolist() if not 0 <= target < classes})
    if outside:
        raise BadInput(f"targets {outside[:10]} outside the {classes} classes")


@contextmanager
def steady(module: nn.Module) -> Iterator[nn.Module]:
    """`module` in eval mode with frozen parameters, put back exactly as it was, also after an exception."""
    parts, known = [module], {module}
    for part in parts:  # as `modules` finds them, which takes twice as long
        for child in part._modules.values():
            if child is not None and child not in known:
                known.add(child)
                parts.append(child)
    modes = [(m, m.training) for m in parts]
    grads = [(p, p.requires_grad) for m, _ in modes for p in m._parameters.values() if p is not None]
    try:
        if any(training for _, training in modes):  # setting what is set already costs a small model as much as a pass
            module.eval()
        for parameter, requires_grad in grads:
            if requires_grad:
                parameter.requires_grad_(False)
        yield module
    finally:
        for m, training in modes:
            if m.training != training:
                m.training = training
        for parameter, requires_grad in grads:
            if parameter.requires_grad != requires_grad:
                parameter.requires_grad_(requires_grad)


class ModelLoader(ABC):
    """A registered model: a frozen dataclass whose fields are its options."""

    name: ClassVar[str]
    reference: ClassVar[str] = ""

    @property
    def label(self) -> str:
        """What boards call the model, with the options that make it another one."""
        return self.name

    @abstractmethod
    def load(self) -> Model:
        """The model, in eval mode with frozen parameters; the same weights at every call on one machine."""
