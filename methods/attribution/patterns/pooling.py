"""Average pools, means and sums over positions as depthwise convolutions, whose weights are all alike."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.patterns.windows import Windows, each


def pool(call: Call) -> tuple[Windows, float]:
    """The windows of an average pool and the weight of each value in them; raises Unsupported where they differ."""
    (read,) = call.dependent
    dimensions = read.ndim - 2
    found = None
    if 1 <= dimensions <= 3:
        found = _READERS[call.name.rstrip("123d")](read, *call.args[1:], **_without_input(call))
    if found is None:
        raise Unsupported(
            f"there are no patterns for {call.name!r} of {tuple(read.shape)} with these arguments: over all positions, "
            "or over windows of one size without uneven borders, there are"
        )
    return found


def _without_input(call: Call) -> Mapping[str, Any]:
    return {name: value for name, value in call.kwargs.items() if name not in ("input", "self")}


def _average(
    read: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> tuple[Windows, float] | None:
    dimensions = read.ndim - 2
    kernel, sides = each(kernel_size, dimensions), each(padding, dimensions)
    if ceil_mode or (any(sides) and not count_include_pad):
        return None
    step = kernel if stride is None or stride == [] else each(stride, dimensions)
    windows = Windows(kernel, step, tuple((s, s) for s in sides), (1,) * dimensions, read.shape[1])
    return windows, 1 / (divisor_override or prod(kernel))


def _adaptive(read: Tensor, output_size: Any) -> tuple[Windows, float] | None:
    sizes = read.shape[2:]
    wanted = [size if part is None else part for size, part in zip(sizes, each(output_size, len(sizes)), strict=True)]
    if any(size % part for size, part in zip(sizes, wanted, strict=True)):
        return None
    kernel = tuple(size // part for size, part in zip(sizes, wanted, strict=True))
    return _average(read, kernel)


def _mean(read: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> tuple[Windows, float] | None:
    return _average(read, tuple(read.shape[2:])) if _all_positions(read, dim) else None


def _sum(read: Tensor, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> tuple[Windows, float] | None:
    return _average(read, tuple(read.shape[2:]), divisor_override=1) if _all_positions(read, dim) else None


def _all_positions(read: Tensor, dim: Any) -> bool:
    named = [] if dim is None else [dim] if isinstance(dim, int) else list(dim)
    return sorted(d % read.ndim for d in named) == list(range(2, read.ndim))


_READERS: Mapping[str, Callable[..., tuple[Windows, float] | None]] = {
    "avg_pool": _average,
    "adaptive_avg_pool": _adaptive,
    "mean": _mean,
    "sum": _sum,
}
