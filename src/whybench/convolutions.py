"""Whether a model convolves images: only then does the memory layout matter."""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from whybench.protocols import Model

NAMES = ("conv2d", "conv_transpose2d", "convolution")


class _Convolutions(TorchFunctionMode):
    """Notes whether an image was convolved, by a module or by a function; what a script does is not seen."""

    seen: bool = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.seen |= getattr(func, "__name__", "") in NAMES and isinstance(result, Tensor) and result.ndim == 4
        return result


def convolves(model: Model, rows: Tensor) -> bool:
    """Whether the model's answer to a batch of inputs runs through a convolution of images."""
    with _Convolutions() as noted, torch.no_grad():
        model.module(model.copied(rows))
    return bool(noted.seen)
