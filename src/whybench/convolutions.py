"""Whether a model convolves images: only then does the memory layout matter."""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from whybench.protocols import Model


class _Convolutions(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes whether an image was convolved, by a module, a function or a script."""

    seen: bool = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen |= func.overloadpacket is torch.ops.aten.convolution and args[0].ndim == 4
        return func(*args, **(kwargs or {}))


def convolves(model: Model, rows: Tensor) -> bool:
    """Whether the model's answer to a batch of inputs runs through a convolution of images."""
    noted = _Convolutions()  # type: ignore[no-untyped-call]
    with noted, torch.no_grad():
        model.module(model.copied(rows))
    return noted.seen
