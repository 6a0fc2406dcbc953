"""How a one-channel map goes back through one operation: the transposed operation with all-ones kernels."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation import operations
from whybench.methods.attribution.backpropagation.calls import Call

Spread = Callable[[Tensor], Tensor]
"""A map over an operation's output, (rows, 1, h', w') -> one over what it read, (rows, 1, h, w)."""

Sides = int | tuple[int, ...]


def spread(call: Call, read: Tensor, result: Tensor) -> Spread:
    """How a map over `result` of `call` goes back to `read`, both of them feature maps (rows, K, h, w).

    Raises Unsupported, with the operation's name, where there is no rule.
    """
    rule = RULES.get(call.name)
    if rule is None or len(result) != len(read):
        raise Unsupported(f"no rule says how {call.name!r} spreads the average of feature maps")
    return rule(call, read, result)


def _convolution(call: Call, read: Tensor, result: Tensor) -> Spread:
    weight, stride, padding, dilation = _of_convolution(*call.args, **call.kwargs)
    if weight.requires_grad:
        raise Unsupported(f"the weight of {call.name!r} depends on the input")
    ones = torch.ones(1, 1, *weight.shape[2:], dtype=torch.float64, device=read.device)
    return _transposed(lambda maps: F.conv2d(maps, ones, None, stride, padding, dilation), read)


def _of_convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[Tensor, Any, Any, Any]:
    return weight, stride, padding, dilation


def _pool(call: Call, read: Tensor, result: Tensor) -> Spread:
    kernel, stride, padding, ceil = (_of_max_pool if call.name == "max_pool2d" else _of_average_pool)(
        *call.args, **call.kwargs
    )
    return _transposed(lambda maps: F.avg_pool2d(maps, kernel, stride or kernel, padding, ceil, True, 1), read)


def _of_max_pool(
    input: Tensor,
    kernel_size: Sides,
    stride: Sides | None = None,
    padding: Sides = 0,
    dilation: Sides = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> tuple[Sides, Sides | None, Sides, bool]:
    if dilation not in (1, (1, 1)):
        raise Unsupported(f"no rule says how 'max_pool2d' with dilation={dilation} spreads; 1 is understood")
    return kernel_size, stride, padding, ceil_mode


def _of_average_pool(
    input: Tensor,
    kernel_size: Sides,
    stride: Sides | None = None,
    padding: Sides = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> tuple[Sides, Sides | None, Sides, bool]:
    return kernel_size, stride, padding, ceil_mode


def _regions(call: Call, read: Tensor, result: Tensor) -> Spread:
    """Pools that divide the map into equal parts: adaptive ones, and means, sums and maxima over whole sides."""
    sides, parts = tuple(read.shape[2:]), tuple(result.shape[2:])
    if read.shape[1] != result.shape[1] or any(side % part for side, part in zip(sides, parts, strict=True)):
        raise Unsupported(
            f"{call.name!r} from {tuple(read.shape[1:])} to {tuple(result.shape[1:])} does not divide maps evenly"
        )
    kernel = tuple(side // part for side, part in zip(sides, parts, strict=True))
    return _transposed(lambda maps: F.avg_pool2d(maps, kernel, kernel, divisor_override=1), read)


def _padding(call: Call, read: Tensor, result: Tensor) -> Spread:
    if read.shape[1] != result.shape[1]:
        raise Unsupported("no rule says how 'pad' over channels spreads the average of feature maps")
    return _transposed(lambda maps: call.at(read, maps), read)


def _pointwise(call: Call, read: Tensor, result: Tensor) -> Spread:
    """Every position on its own, channels as they may."""
    if read.shape[2:] != result.shape[2:]:
        raise Unsupported(f"{call.name!r} from {tuple(read.shape)} to {tuple(result.shape)} broadcasts a feature map")
    return lambda upper: upper


def _dropout(call: Call, read: Tensor, result: Tensor) -> Spread:
    if _drops(*call.args, **call.kwargs):
        raise Unsupported(f"{call.name!r} drops values at random although the model is in eval mode")
    return _pointwise(call, read, result)


def _drops(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> bool:
    return training


def _scaling(call: Call, read: Tensor, result: Tensor) -> Spread:
    if len(call.dependent) > 1:
        raise Unsupported(f"{call.name!r} of a feature map and something else that depends on the input")
    return _pointwise(call, read, result)


def _transposed(forward: Callable[[Tensor], Tensor], read: Tensor) -> Spread:
    """The adjoint of a linear map of one-channel maps, which has the right size whatever the stride left over."""
    shape = (len(read), 1, *read.shape[2:])

    def back(upper: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = upper.new_zeros(shape, requires_grad=True)
            (gradient,) = torch.autograd.grad(forward(leaf), leaf, upper)
        return gradient

    return back


RULES: Mapping[str, Callable[[Call, Tensor, Tensor], Spread]] = {
    "conv2d": _convolution,
    "max_pool2d": _pool,
    "avg_pool2d": _pool,
    **dict.fromkeys(("adaptive_avg_pool2d", "adaptive_max_pool2d", "mean", "sum", "amax"), _regions),
    "pad": _padding,
    **dict.fromkeys(operations.DROPOUTS, _dropout),
    **dict.fromkeys(operations.RECTIFIERS, _pointwise),
    **dict.fromkeys(("batch_norm", "instance_norm", "group_norm", "local_response_norm"), _scaling),
    **dict.fromkeys(("mul", "div", "neg", "clone", "contiguous", "double", "float", "to", "type_as", "cpu"), _scaling),
    **dict.fromkeys(("add", "sub", "rsub", "cat", "concat", "concatenate"), _pointwise),
}
"""Operations by name, and how they spread what comes back to each feature map that they read."""
