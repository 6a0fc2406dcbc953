"""DeepLIFT at softmax and normalisation, taken apart into operations that have a rule.

Softmax is exp(z - log sum exp z), with Rescale at exp and log. Normalisation is c / sqrt(mean c^2 + eps) with c = z or
z - mean z, with Rescale at the square and the inverse root, and the rule for products.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.rescale import slope
from whybench.methods.attribution.backpropagation.ruled import ruled


def softmax(call: Call, before: Sequence[Tensor]) -> Tensor:
    """exp(z_i - log sum_k exp z_k)."""
    z, base = _finite(call, before)
    dim = _softmax_dim(call, *call.args, **call.kwargs)
    share = _shares(z, base, (dim,))
    logs, logs_base = z.log_softmax(dim), base.log_softmax(dim)
    outer = slope(torch.exp, logs, logs.exp(), logs_base)

    def backward(upper: Tensor) -> tuple[Tensor]:
        inner = upper * outer
        return (inner - share * inner.sum(dim, keepdim=True),)

    return ruled(call.value(), backward, *call.dependent)


def log_softmax(call: Call, before: Sequence[Tensor]) -> Tensor:
    """z_i - log sum_k exp z_k."""
    dim = _softmax_dim(call, *call.args, **call.kwargs)
    share = _shares(*_finite(call, before), (dim,))
    return ruled(call.value(), lambda upper: (upper - share * upper.sum(dim, keepdim=True),), *call.dependent)


def logsumexp(call: Call, before: Sequence[Tensor]) -> Tensor:
    """log sum_k exp z_k."""
    dims = _logsumexp_dims(*call.args, **call.kwargs)
    share = _shares(*_finite(call, before), dims)
    kept = [n if i not in {d % share.ndim for d in dims} else 1 for i, n in enumerate(share.shape)]
    return ruled(call.value(), lambda upper: (share * upper.reshape(kept),), *call.dependent)


def layer_norm(call: Call, before: Sequence[Tensor]) -> Tensor:
    """(z - mean) / sqrt(var + eps) over the last dimensions."""
    return _layer_norm(call, before, *call.args, **call.kwargs)


def _layer_norm(
    call: Call,
    before: Sequence[Tensor],
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    return _normalised(call, before, (*input.shape[: input.ndim - len(tuple(normalized_shape))], -1), weight, eps, True)


def rms_norm(call: Call, before: Sequence[Tensor]) -> Tensor:
    """z / sqrt(mean z^2 + eps) over the last dimensions."""
    return _rms_norm(call, before, *call.args, **call.kwargs)


def _rms_norm(
    call: Call,
    before: Sequence[Tensor],
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    rows = (*input.shape[: input.ndim - len(tuple(normalized_shape))], -1)
    return _normalised(call, before, rows, weight, torch.finfo(input.dtype).eps if eps is None else eps, False)


def group_norm(call: Call, before: Sequence[Tensor]) -> Tensor:
    """(z - mean) / sqrt(var + eps) over the places of a group of channels."""
    return _group_norm(call, before, *call.args, **call.kwargs)


def _group_norm(
    call: Call,
    before: Sequence[Tensor],
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    gain = None if weight is None else weight.reshape(-1, *[1] * (input.ndim - 2))
    return _normalised(call, before, (len(input), num_groups, -1), gain, eps, True)


def instance_norm(call: Call, before: Sequence[Tensor]) -> Any:
    """(z - mean) / sqrt(var + eps) over the places of one channel, or by running statistics, which is affine."""
    return _instance_norm(call, before, *call.args, **call.kwargs)


def _instance_norm(
    call: Call,
    before: Sequence[Tensor],
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    if not use_input_stats:
        return call.result()
    gain = None if weight is None else weight.reshape(-1, *[1] * (input.ndim - 2))
    return _normalised(call, before, (*input.shape[:2], -1), gain, eps, True)


def _normalised(
    call: Call, before: Sequence[Tensor], rows: tuple[int, ...], gain: Tensor | None, eps: float, centred: bool
) -> Tensor:
    """rows: the shape in which the last dimension is what is normalised over."""
    if len(before) != 1:
        raise Unsupported(f"there is no rule for {call.name!r} with input-dependent weights")
    shape = before[0].shape
    one, other = (z.reshape(rows) for z in (call.dependent[0].detach(), before[0]))
    if centred:
        one, other = one - one.mean(-1, keepdim=True), other - other.mean(-1, keepdim=True)
    root, root_base = ((c.square().mean(-1, keepdim=True) + eps).rsqrt() for c in (one, other))
    halfway, factor = (one + other) / 2, (root + root_base) / 2
    bend = -(root * root_base).square() / (root + root_base)

    def backward(upper: Tensor) -> tuple[Tensor]:
        inner = (upper if gain is None else upper * gain).reshape(rows)
        lower = inner * factor + 2 * bend * halfway * (inner * halfway).mean(-1, keepdim=True)
        if centred:
            lower = lower - lower.mean(-1, keepdim=True)
        return (lower.reshape(shape),)

    return ruled(call.value(), backward, *call.dependent)


def _finite(call: Call, before: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """z at the input and at the baseline; -inf, as masks write it, becomes a number with the same exponential."""
    (read,) = call.dependent
    lowest = torch.finfo(read.dtype).min / 4
    return read.detach().clamp(min=lowest), before[0].clamp(min=lowest)


def _shares(z: Tensor, base: Tensor, dims: Sequence[int]) -> Tensor:
    """Multipliers of log sum exp: those of exp over that of exp at the logarithm of the sum."""
    top, bottom = (values.logsumexp(list(dims), keepdim=True) for values in (z, base))
    highest = torch.maximum(top, bottom)  # cancels; keeps exp in range
    parts, whole = ((z - highest, base - highest), (top - highest, bottom - highest))
    return slope(torch.exp, parts[0], parts[0].exp(), parts[1]) / slope(torch.exp, whole[0], whole[0].exp(), whole[1])


def _softmax_dim(call: Call, input: Tensor, dim: int | None = None, _stacklevel: Any = 3, dtype: Any = None) -> int:
    if not isinstance(dim, int):
        raise Unsupported(f"{call.name!r} without a dimension to sum over")
    return dim


def _logsumexp_dims(input: Tensor, dim: Any, keepdim: bool = False) -> tuple[int, ...]:
    return (dim,) if isinstance(dim, int) else tuple(dim)
