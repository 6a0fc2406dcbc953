"""SmoothGrad and VarGrad."""

import numpy as np
import pytest
import torch
from torch import nn

from whybench.errors import BadParameter
from whybench.methods.attribution import Gradient, SmoothGrad, VarGrad
from whybench.streams import Streams


def noisy_gradients(module, inputs, targets, samples, noise, seed=0):
    """One gradient at a time: (samples, n, ...)."""
    rows = []
    for i, x in enumerate(inputs):
        spread = noise * float(x.max() - x.min())
        for k in range(samples):
            g = Streams(seed).normal("noisy_gradients", str(i), k, tuple(x.shape))
            point = (x + spread * g)[None].requires_grad_()
            rows.append(torch.autograd.grad(module(point)[0, targets[i]], point)[0][0])
    return torch.stack(rows).unflatten(0, (len(inputs), samples)).transpose(0, 1).numpy()


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("rows", [3, 64])
def test_equal_one_gradient_at_a_time(seed, rows, cnn, images, targets):
    gradients = noisy_gradients(cnn, images, targets, 4, 0.2, seed)
    mean = SmoothGrad(samples=4, noise=0.2).attribute(cnn, images, targets, seed=seed, batch_size=rows)
    variance = VarGrad(samples=4, noise=0.2).attribute(cnn, images, targets, seed=seed, batch_size=rows)
    assert np.abs(mean.numpy() - gradients.mean(0)).max() <= 1e-12
    assert np.abs(variance.numpy() - np.var(gradients, axis=0)).max() <= 1e-12
    assert (mean < 0).any()
    assert (variance > 0).any()


def test_variance_and_squared_mean_add_up_to_the_mean_square(smooth, images, targets):
    mean = SmoothGrad(samples=6).attribute(smooth, images, targets)
    variance = VarGrad(samples=6).attribute(smooth, images, targets)
    mean_square = np.square(noisy_gradients(smooth, images, targets, 6, 0.15)).mean(0)
    assert np.abs((variance + mean.square()).numpy() - mean_square).max() <= 1e-12


def test_linear_model(linear, table, targets):
    weight = linear.weight.detach()[targets]
    assert (SmoothGrad(noise=2.0).attribute(linear, table, targets) - weight).abs().max() <= 1e-14
    assert (VarGrad(noise=2.0).attribute(linear, table, targets) == 0).all()


def test_without_noise_it_is_the_gradient(cnn, images, targets):
    smooth = SmoothGrad(samples=4, noise=0.0).attribute(cnn, images, targets)
    assert torch.allclose(smooth, Gradient().attribute(cnn, images, targets), rtol=1e-14, atol=0)


def test_a_constant_input_gets_no_noise(cnn):
    flat = torch.full((1, 2, 8, 6), 0.7, dtype=torch.float64)
    assert torch.allclose(
        SmoothGrad(samples=2).attribute(cnn, flat, 0), Gradient().attribute(cnn, flat, 0), rtol=1e-14, atol=0
    )


def test_a_small_variance_survives_a_large_mean(table):
    class Steep(nn.Module):
        def forward(self, x):
            return (1e8 * x + x.square() / 2).sum(1, keepdim=True)

    variance = VarGrad(samples=5, noise=0.1).attribute(Steep(), table)
    for i, x in enumerate(table):
        spread = 0.1 * float(x.max() - x.min())
        noise = np.stack([Streams(0).normal("noisy_gradients", str(i), k, (4,)).numpy() for k in range(5)])
        # The gradients near 1e8 are known to 1.5e-8 each; from plain sums of squares the error would be about 1.
        assert np.abs(variance[i].numpy() - np.var(spread * noise, axis=0)).max() <= 1e-7


@pytest.mark.parametrize("method", [SmoothGrad(samples=4), VarGrad(samples=4)], ids=lambda m: m.name)
def test_samples_passes_an_input_in_full_batches(method, cnn, images, targets, passes_of, open_query):
    passes = passes_of(method, open_query(cnn, images, targets, rows=9))
    assert passes.forward == passes.backward == [9, 9, 2]


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        (SmoothGrad, {"samples": 0}, "smooth_grad: samples=0"),
        (SmoothGrad, {"samples": 1.5}, "samples=1.5"),
        (VarGrad, {"samples": 1}, "var_grad: samples=1; a whole number >= 2"),
        (SmoothGrad, {"noise": -0.1}, "noise=-0.1"),
        (VarGrad, {"noise": float("inf")}, "noise=inf"),
    ],
)
def test_bad_parameters(method, parameters, message):
    with pytest.raises(BadParameter, match=message):
        method(**parameters)


@pytest.mark.parametrize("method", [SmoothGrad, VarGrad])
def test_as_it_is_it_draws_25_copies_at_a_noise_of_15_per_cent(method, cnn, images, targets):
    as_it_is = method().attribute(cnn, images, targets)
    assert torch.equal(as_it_is, method(samples=25, noise=0.15).attribute(cnn, images, targets))
    assert not torch.equal(as_it_is, method(samples=24).attribute(cnn, images, targets))
