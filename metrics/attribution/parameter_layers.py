"""The layers of a model as a forward pass uses them, whatever its modules are called and in whatever order."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from whybench.errors import Unsupported
from whybench.protocols.model import steady


def parameter_layers(module: nn.Module, inputs: Tensor) -> list[tuple[str, ...]]:
    """The names of the parameters of each layer, from the output down to the input.

    A layer is one operation together with the floating-point parameters that it reads: a convolution's weight and
    bias, a BatchNorm's weight and bias (its running statistics are buffers, hence no part of it), all weights of an
    attention or LSTM call, a class token. Operations are seen as they run, so that bare parameters, functional calls
    and modules that are registered in another order than they run in have their place. A parameter that is read more
    than once counts where it is read last; one that is never read (an auxiliary head) belongs to no layer.

    inputs: a batch for one forward pass.

    Raises Unsupported for a module that holds scripted modules, whose operations cannot be seen, or no parameters.
    """
    if any(isinstance(m, torch.jit.ScriptModule) for m in module.modules()):
        raise Unsupported("the layers inside a scripted module cannot be seen; pass the module that was scripted")
    names = {id(p): name for name, p in module.named_parameters() if p.is_floating_point()}
    reads = LastReads(names)
    with steady(module), torch.inference_mode(), reads:
        module(inputs.clone())
    if not reads.position:
        raise Unsupported("the model has no parameters that its output depends on")
    layers: dict[int, list[str]] = {}
    for name in names.values():
        if name in reads.position:
            layers.setdefault(reads.position[name], []).append(name)
    return [tuple(layers[position]) for position in sorted(layers, reverse=True)]


class LastReads(TorchFunctionMode):
    """Notes at which operation of a forward pass each parameter was read last; `names`: its name by its id."""

    def __init__(self, names: Mapping[int, str]) -> None:
        super().__init__()
        self.names = names
        self.position: dict[str, int] = {}
        self.operations = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if next(tensors(result), None) is None:  # asking for a shape or dtype is no operation
            return result
        self.operations += 1
        for tensor in tensors((args, kwargs)):
            if id(tensor) in self.names:
                self.position[self.names[id(tensor)]] = self.operations
        return result


def tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from tensors(item)
    elif isinstance(value, dict):
        yield from tensors(tuple(value.values()))
