"""Which layer of a network hands its output to which, seen from one forward pass."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

AFFINE = (nn.Conv2d, nn.Linear)
CHANNELWISE = (nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.Dropout, nn.Dropout2d, nn.Identity)
"""Layers that treat channels apart and alike, and take a positive factor of a channel from input to output."""

KNOWN = (*CHANNELWISE, nn.ReLU6, nn.BatchNorm2d, nn.AdaptiveAvgPool2d)
LOOKS = ("__get__", "size", "dim")
"""What reads no values."""


class LayerCall(NamedTuple):
    """One run of a layer: what it read and what it gave."""

    layer: nn.Module
    read: Tensor
    gave: Tensor


class LayerTrace(TorchFunctionMode):
    """The calls of known layers, in order, and the tensors that anything else has read or changed."""

    def __init__(self, module: nn.Module, inputs: Tensor) -> None:
        super().__init__()
        self.calls: list[LayerCall] = []
        self._elsewhere: dict[int, Tensor] = {}  # holds the tensors, so that no two share an id
        self._inside = 0
        known = [m for m in module.modules() if type(m) in KNOWN or isinstance(m, AFFINE)]
        handles = [m.register_forward_pre_hook(self._enter) for m in known]
        handles += [m.register_forward_hook(self._leave) for m in known]
        try:
            with torch.no_grad(), self:
                module(inputs)
        finally:
            for handle in handles:
                handle.remove()

    def called_once(self, layer: nn.Module) -> bool:
        """Whether a layer ran exactly once: what is changed of it changes one place only."""
        return sum(call.layer is layer for call in self.calls) == 1

    def pairs(self, first: tuple[type[nn.Module], ...], between: tuple[type[nn.Module], ...]) -> list[list[nn.Module]]:
        """Ways [first, between ..., Conv2d or Linear] on which every output is read by the next layer only.

        Both ends run once, have the same number of dimensions, and the last one is not grouped.
        """
        found = []
        for k, call in enumerate(self.calls):
            way, place = [call.layer], self._following(k) if isinstance(call.layer, first) else None
            while place is not None and type(self.calls[place].layer) in between:
                way.append(self.calls[place].layer)
                place = self._following(place)
            if place is None or not isinstance(self.calls[place].layer, AFFINE):
                continue
            last = self.calls[place]
            alike = last.read.ndim == call.gave.ndim and getattr(last.layer, "groups", 1) == 1
            if alike and self.called_once(call.layer) and self.called_once(last.layer):
                found.append([*way, last.layer])
        return found

    def next_layer(self, place: int) -> nn.Module | None:
        """The only reader of what the call at a place gave, where that is a known layer."""
        following = self._following(place)
        return None if following is None else self.calls[following].layer

    def _following(self, place: int) -> int | None:
        tensor = self.calls[place].gave
        readers = [j for j in range(place + 1, len(self.calls)) if self.calls[j].read is tensor]
        if not readers or id(tensor) in self._elsewhere:
            return None
        # A layer that works in place, or does nothing, gives on the same tensor: later readers read what it gave.
        in_place = self.calls[readers[0]].gave is tensor
        return readers[0] if in_place or len(readers) == 1 else None

    def _enter(self, layer: nn.Module, inputs: Any) -> None:
        self._inside += 1

    def _leave(self, layer: nn.Module, inputs: Any, output: Tensor) -> None:
        self._inside -= 1
        self.calls.append(LayerCall(layer, inputs[0], output))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if not self._inside and getattr(func, "__name__", "") not in LOOKS:
            stack = [*args, *(kwargs or {}).values()]
            while stack:
                value = stack.pop()
                if isinstance(value, Tensor):
                    self._elsewhere[id(value)] = value
                elif isinstance(value, list | tuple):
                    stack.extend(value)
        return func(*args, **(kwargs or {}))
