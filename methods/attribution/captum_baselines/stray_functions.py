"""Which functions a model calls on its own, where Captum, which hooks modules, does not see them."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

COMPARISONS = frozenset({"gt", "ge", "lt", "le", "greater", "greater_equal", "less", "less_equal", "sign", "heaviside"})
"""What masks are made of by which a rectifier can be written."""
RECTIFIERS = COMPARISONS | {
    *("relu", "relu6", "hardtanh", "threshold", "_threshold", "clamp", "clamp_min", "clamp_max", "clip"),
    *("maximum", "minimum", "fmax", "fmin", "abs"),
}
SMOOTH_UNITS = frozenset(
    {"leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "hardswish"}
)
SQUASHING = frozenset({"sigmoid", "hardsigmoid", "logsigmoid", "tanh", "softsign", "softmax", "log_softmax", "glu"})
MAXIMA = frozenset({"max_pool1d", "max_pool2d", "max_pool3d", "adaptive_max_pool2d", "max", "amax", "min", "amin"})
NORMS = frozenset({"layer_norm", "group_norm", "instance_norm", "scaled_dot_product_attention"})
POWERS = frozenset({"exp", "log", "sqrt", "rsqrt", "pow", "square"})
NONLINEAR = RECTIFIERS | SMOOTH_UNITS | SQUASHING | MAXIMA | NORMS | POWERS


def stray_functions(module: nn.Module, sample: Tensor, owners: Sequence[type[nn.Module]]) -> list[str]:
    """Names of the torch functions that a forward pass of `sample` calls outside modules of exactly these types.

    A function that works in place has the name of the one that does not. `module` is hooked and unhooked; where it
    raises, it is left hooked.
    """
    recorder = _Recorder()
    handles = []
    for layer in module.modules():
        if type(layer) in owners:
            handles.append(layer.register_forward_pre_hook(recorder.enter))
            handles.append(layer.register_forward_hook(recorder.leave))
    with torch.no_grad(), recorder:
        module(sample)
    for handle in handles:
        handle.remove()
    return list(dict.fromkeys(recorder.names))


class _Recorder(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.names: list[str] = []

    def enter(self, module: nn.Module, args: Any) -> None:
        self.depth += 1

    def leave(self, module: nn.Module, args: Any, output: Any) -> None:
        self.depth -= 1

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if self.depth == 0:
            name: str = func.__name__
            self.names.append(name if name.endswith("__") else name.removesuffix("_"))
        return func(*args, **(kwargs or {}))
