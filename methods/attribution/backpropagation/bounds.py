"""Bounds of a model's inputs, as users write them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from whybench.errors import BadParameter

Bound = Tensor | float | Sequence[float]


def per_channel(name: str, value: Bound, inputs: Tensor) -> Tensor:
    """One number, one a channel, or a tensor that broadcasts, shaped like `inputs`; `name` is what messages call it.

    >>> per_channel("low", (0.0, 1.0), torch.zeros(1, 2, 1, 2)).tolist()
    [[[[0.0, 0.0]], [[1.0, 1.0]]]]
    """
    bound = torch.as_tensor(value).to(inputs)
    bound = bound.reshape(-1, *[1] * (inputs.ndim - 2)) if bound.ndim == 1 else bound
    try:
        return bound.expand_as(inputs)
    except RuntimeError:
        raise BadParameter(
            f"lrp: {name} of shape {tuple(bound.shape)} for inputs of shape {tuple(inputs.shape[1:])}; give one number "
            "or one a channel"
        ) from None
