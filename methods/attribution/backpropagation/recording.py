"""Watching one plain forward pass, operation by operation."""

import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call, name_of, tensors
from whybench.methods.attribution.backpropagation.operations import READS

Interpreter = Callable[[Call], Any]
"""One input-dependent call -> its result, with whatever backward pass the interpreter gives it."""


class Recording(TorchFunctionMode):
    """Hands every operation that depends on the input to `interpreter` while the module runs.

    A tensor depends on the input if it requires grad: the leaf does, the parameters are frozen. Reused modules,
    functional calls and operators look alike here, and no hook is set. In-place operations are computed out of
    place, so that nothing that was stored changes; the overwritten tensor stands for its new value from then on.

    Raises Unsupported, with the module's name, where `interpreter` does, and where a tensor turns up that no watched
    operation made (a scripted module, a custom autograd function).
    """

    def __init__(self, module: nn.Module, leaf: Tensor, interpreter: Interpreter) -> None:
        super().__init__()
        self.module = module
        self.interpreter = interpreter
        self.made = {id(leaf): (leaf, leaf._version)}
        self.rewritten: dict[int, tuple[Tensor, Tensor]] = {}
        self.stale: set[int] = set()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return self._operation(Call(name_of(func), func, args, kwargs or {}))
        except Unsupported as error:
            raise Unsupported(f"{error} (in {self._place()})") from None

    def finished(self, outputs: Any) -> Tensor:
        """The module's outputs, once it has run; raises Unsupported where they cannot be traced to the input."""
        outputs = self._current(outputs)
        if not isinstance(outputs, Tensor) or not outputs.requires_grad:
            raise Unsupported("the model's output does not depend on its input through differentiable operations")
        self._check(outputs, "the output")
        return outputs

    def _operation(self, call: Call) -> Any:
        if self.rewritten:
            call = call.mapped(self._current)
        if call.name in READS or not call.dependent:
            return call.result()
        for tensor in call.dependent:
            self._check(tensor, repr(call.name))
        call, overwritten = call.out_of_place()
        result = self.interpreter(call)
        for tensor in tensors(result):
            if tensor.requires_grad:
                self.made[id(tensor)] = (tensor, tensor._version)
        if overwritten is not None and result is not overwritten:  # dropout in eval mode gives back what it reads
            self.rewritten[id(overwritten)] = (overwritten, result)
            self.stale.add(overwritten.untyped_storage().data_ptr())
        return result

    def _current(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        tensor = value
        while id(tensor) in self.rewritten:
            tensor = self.rewritten[id(tensor)][1]
        if tensor is value and self.stale and tensor.untyped_storage().data_ptr() in self.stale:
            raise Unsupported("a tensor is read after an in-place operation on another view of its memory")
        return tensor

    def _check(self, tensor: Tensor, reader: str) -> None:
        known = self.made.get(id(tensor))
        if known is None or known[1] != tensor._version:
            maker = "a tensor that requires grad" if tensor.grad_fn is None else tensor.grad_fn.name()
            raise Unsupported(
                f"{reader} reads from {maker}, which ran outside of what whybench can see (a scripted module or a "
                "custom autograd function?)"
            )

    def _place(self) -> str:
        name = running(module_names(self.module))
        return f"module {name!r}" if name else "the model's own forward"


def module_names(module: nn.Module) -> Mapping[int, str]:
    """The names of a module and all of its parts, by identity; the module itself has none."""
    return {id(part): name for name, part in module.named_modules()}


def running(names: Mapping[int, str]) -> str:
    """The name of the innermost of these modules whose forward pass is under way, or nothing."""
    frame: FrameType | None = sys._getframe().f_back  # a look at its own variables would tie this frame to itself
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, nn.Module) and id(owner) in names:
            return names[id(owner)]
        frame = frame.f_back
    return ""
