"""SmoothGrad-Squared: the mean square of the gradient over the noise of SmoothGrad."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from whybench.errors import BadParameter
from whybench.methods.attribution import Gradient, SmoothGrad, SmoothGradSquared, VarGrad
from whybench.streams import Streams


@pytest.mark.parametrize("rows", [3, 64])
def test_one_gradient_at_a_time(rows: int, cnn: nn.Module, images: Tensor, targets: Tensor) -> None:
    found = SmoothGradSquared(samples=4, noise=0.2).attribute(cnn, images, targets, seed=3, batch_size=rows)
    for i, x in enumerate(images):
        spread, squares = 0.2 * float(x.max() - x.min()), torch.zeros_like(x)
        for k in range(4):
            noise = Streams(3).normal("noisy_gradients", str(i), k, tuple(x.shape))
            point = (x + spread * noise)[None].requires_grad_()
            squares += torch.autograd.grad(cnn(point)[0, targets[i]], point)[0][0].square()
        torch.testing.assert_close(found[i], squares / 4, atol=1e-12, rtol=0)


def test_it_is_variance_plus_squared_mean(smooth: nn.Module, images: Tensor, targets: Tensor) -> None:
    square, variance, mean = (
        method(samples=6).attribute(smooth, images, targets) for method in (SmoothGradSquared, VarGrad, SmoothGrad)
    )
    torch.testing.assert_close(square, variance + mean.square(), atol=1e-12, rtol=0)
    assert (square - mean.square()).max() > 1e-6


def test_linear_model_and_no_noise(linear: nn.Linear, table: Tensor, cnn: nn.Module, images: Tensor) -> None:
    targets = torch.tensor([0, 1, 1, 0, 1])
    squared = linear.weight.detach()[targets].square()
    found = SmoothGradSquared(noise=2.0).attribute(linear, table, targets)
    torch.testing.assert_close(found, squared, atol=1e-13, rtol=0)
    still = SmoothGradSquared(samples=4, noise=0.0).attribute(cnn, images, targets)
    torch.testing.assert_close(still, Gradient().attribute(cnn, images, targets).square(), rtol=1e-13, atol=0)


def test_full_batches(
    cnn: nn.Module, images: Tensor, targets: Tensor, passes_of: Callable[..., Any], open_query: Callable[..., Any]
) -> None:
    passes = passes_of(SmoothGradSquared(samples=4), open_query(cnn, images, targets, rows=9))
    assert passes.forward == passes.backward == [9, 9, 2]


def test_bad_parameters() -> None:
    with pytest.raises(BadParameter, match="smooth_grad_squared: samples=0"):
        SmoothGradSquared(samples=0)
