"""Laws that hold for all gradient and occlusion methods."""

import pytest
import torch
from torch import nn

from whybench.domains import ImageDomain
from whybench.methods.attribution import (
    GradCam,
    Gradient,
    InputXGradient,
    IntegratedGradients,
    Occlusion,
    Sensitivity,
    SmoothGrad,
    VarGrad,
)

PLAIN = [Gradient(), Sensitivity(), InputXGradient(), IntegratedGradients(steps=4), Occlusion(window=1)]


@pytest.mark.parametrize("method", [*PLAIN, GradCam("2")], ids=lambda m: m.name)
@pytest.mark.parametrize("shift", [(1, 0), (-3, 2)])
def test_a_shifted_input_gets_a_shifted_map(method, shift, images, targets):
    def convolution(channels):
        return nn.Conv2d(channels, 3, 3, padding=1, padding_mode="circular")

    layers = [convolution(2), nn.Softplus(), convolution(3), nn.Softplus(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    net = nn.Sequential(*layers).double()
    moved = method.attribute(net, images.roll(shift, (2, 3)), targets, domain=ImageDomain())
    expected = method.attribute(net, images, targets, domain=ImageDomain()).roll(shift, (2, 3))
    assert (moved - expected).abs().max() <= 1e-12
    assert expected.std() > 0


@pytest.mark.parametrize("method", [*PLAIN, SmoothGrad(samples=3), VarGrad(samples=3)], ids=lambda m: m.name)
def test_a_feature_that_the_model_ignores_gets_nothing(method, table, targets):
    class Ignores(nn.Module):
        def forward(self, x):
            seen = x[:, [0, 1, 3]]
            return torch.stack([seen.pow(3).sum(1), seen.prod(1)], 1)

    relevance = method.attribute(Ignores(), table, targets)
    assert (relevance[:, 2] == 0).all()
    assert (relevance[:, [0, 1, 3]] != 0).any(0).all()


@pytest.mark.parametrize("method", PLAIN, ids=lambda m: m.name)
def test_the_map_does_not_depend_on_how_the_function_is_written(method, smooth, images, targets):
    class Rewritten(nn.Module):
        def forward(self, x):
            hidden = smooth[2]((1 + smooth[0](x).exp()).log())
            return smooth[6]((1 + smooth[3](hidden).exp()).log().flatten(1))

    expected = method.attribute(smooth, images, targets)
    assert (method.attribute(Rewritten(), images, targets) - expected).abs().max() <= 1e-12
