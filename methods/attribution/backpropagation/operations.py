"""The operations that forward passes are made of, by name."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call


def _names(*lines: str) -> frozenset[str]:
    return frozenset(name for line in lines for name in line.split())


READS = _names(
    "device dim dtype element_size get_device grad_fn hash is_complex is_contiguous is_cpu is_cuda is_floating_point",
    "is_inference is_leaf is_meta is_mkldnn is_mps is_nested is_quantized is_sparse itemsize layout len names ndim",
    "ndimension nelement numel register_hook requires_grad requires_grad_ retain_grad shape size storage_offset",
    "stride",
)
"""Facts about a tensor that its values do not enter."""

CONVOLUTIONS = frozenset({"conv1d", "conv2d", "conv3d"})

RECTIFIERS = frozenset({"relu", "relu6", "hardtanh", "clamp", "clamp_min", "clip", "threshold", "_threshold"})

OTHER_ACTIVATIONS = _names(
    "celu elu gelu glu gru gru_cell hardshrink hardsigmoid hardswish leaky_relu log_sigmoid logsigmoid lstm lstm_cell",
    "mish prelu rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell rrelu selu sigmoid silu softplus softshrink softsign",
    "tanh tanhshrink",
)

COMPARISONS = _names("ge gt greater greater_equal heaviside le less less_equal lt sgn sign signbit")
"""What masks are made of, by which a rectifier can be written."""

EXTREMES = _names("abs absolute clamp_max fmax fmin max maximum min minimum")
"""Operations that are rectifiers where they compare an input-dependent value with a constant."""

DROPOUTS = _names("alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout")

MAX_POOLS = frozenset(f"{adaptive}max_pool{n}d" for adaptive in ("", "adaptive_") for n in (1, 2, 3)) | {"amax"}

SUMS = frozenset(f"{adaptive}avg_pool{n}d" for adaptive in ("", "adaptive_") for n in (1, 2, 3)) | {"mean", "sum"}
"""Linear operations without weights of their own."""

COPIES = _names(
    "T cat chunk clone concat concatenate contiguous cpu double expand expand_as flatten flip float getitem",
    "index_select mT moveaxis movedim narrow permute pixel_shuffle pixel_unshuffle repeat reshape reshape_as roll",
    "select split squeeze stack swapaxes swapdims t tile to transpose type_as unbind unflatten unsqueeze view",
    "view_as",
)
"""Operations each of whose outputs is a copy of one input element."""


def rectifier_bounds(call: Call) -> tuple[float, float]:
    """Between which inputs a rectifier lets a change through: (0, inf) for ReLU, (0, 6) for ReLU6.

    Raises Unsupported where the function is not 0 up to 0.
    """
    low, high = _BOUNDS[call.name](*call.args, **call.kwargs)
    if isinstance(low, int | float) and isinstance(high, int | float) and low == 0 < high:
        return 0.0, float(high)
    raise Unsupported(f"{call.name!r} between {low} and {high} is no rectifier: those start at 0")


def _relu(input: Tensor, inplace: bool = False) -> tuple[Any, Any]:
    return 0, math.inf


def _relu6(input: Tensor, inplace: bool = False) -> tuple[Any, Any]:
    return 0, 6


def _hardtanh(input: Tensor, min_val: Any = -1.0, max_val: Any = 1.0, inplace: bool = False) -> tuple[Any, Any]:
    return min_val, max_val


def _clamp(input: Tensor, min: Any = None, max: Any = None) -> tuple[Any, Any]:
    return min, math.inf if max is None else max


def _threshold(input: Tensor, threshold: Any, value: Any, inplace: bool = False) -> tuple[Any, Any]:
    return (threshold, math.inf) if threshold == value else (value, threshold)


_BOUNDS: Mapping[str, Callable[..., tuple[Any, Any]]] = {
    "relu": _relu,
    "relu6": _relu6,
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clip": _clamp,
    "threshold": _threshold,
    "_threshold": _threshold,  # what torch.nn.functional.threshold is called
}
