"""Gradients of many rows, a bounded number at a time."""

from typing import Any, Protocol

import torch
from torch import Tensor


class GradientFunction(Protocol):
    """Captum's interface for the gradient of a forward function."""

    def __call__(
        self,
        forward_fn: Any,
        inputs: tuple[Tensor, ...],
        target_ind: Any = None,
        additional_forward_args: Any = None,
    ) -> tuple[Tensor, ...]: ...


def in_passes(gradient_func: GradientFunction, rows: int) -> GradientFunction:
    """`gradient_func`, applied to `rows` rows at a time.

    Captum's own way of bounding the rows of noise tunnels (`nt_samples_batch_size`) draws other noise for another
    bound, and gradient SHAP has none; this way the draws do not depend on the bound.
    """

    def gradients(
        forward_fn: Any, inputs: tuple[Tensor, ...], target_ind: Any = None, additional_forward_args: Any = None
    ) -> tuple[Tensor, ...]:
        (repeated,) = inputs
        (targets,) = additional_forward_args
        parts = [
            gradient_func(forward_fn, (some.detach().requires_grad_(),), target_ind, (of,))[0]
            for some, of in zip(torch.split(repeated, rows), torch.split(targets, rows), strict=True)
        ]
        return (torch.cat(parts),)

    return gradients
