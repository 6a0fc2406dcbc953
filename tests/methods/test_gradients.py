"""Gradient, sensitivity and input times gradient."""

import pytest
import torch
from captum.attr import InputXGradient as CaptumInputXGradient
from captum.attr import Saliency
from torch import nn

from whybench.errors import BadInput, Unsupported
from whybench.methods.attribution import Gradient, InputXGradient, Sensitivity

METHODS = [Gradient(), Sensitivity(), InputXGradient()]


def test_gradient_equals_captum_with_its_sign(cnn, images, targets):
    ours = Gradient().attribute(cnn, images, targets)
    theirs = Saliency(cnn).attribute(images.clone(), targets, abs=False)
    assert (ours - theirs).abs().max() <= 1e-12
    assert (ours < 0).any()


def test_sensitivity_is_captums_absolute_gradient_squared(cnn, images, targets):
    theirs = Saliency(cnn).attribute(images.clone(), targets, abs=True)
    assert (Sensitivity().attribute(cnn, images, targets) - theirs.square()).abs().max() <= 1e-12


def test_input_x_gradient_equals_captum(cnn, images, targets):
    theirs = CaptumInputXGradient(cnn).attribute(images.clone(), targets)
    assert (InputXGradient().attribute(cnn, images, targets) - theirs).abs().max() <= 1e-12


def test_gradient_equals_central_differences(smooth, images, targets):
    gradient = Gradient().attribute(smooth, images, targets)
    step = 1e-5
    for i in range(3):
        for position in [(0, 0, 0), (1, 7, 5), (0, 3, 4)]:
            away = torch.zeros_like(images[:1])
            away[(0, *position)] = step
            up, down = (smooth(images[i : i + 1] + s * away)[0, targets[i]] for s in (1, -1))
            assert gradient[(i, *position)].item() == pytest.approx(((up - down) / (2 * step)).item(), abs=1e-8)


def test_linear_model(linear, table, targets):
    weight = linear.weight.detach()[targets]
    assert torch.equal(Gradient().attribute(linear, table, targets), weight)
    assert torch.equal(Sensitivity().attribute(linear, table, targets), weight.square())
    assert torch.equal(InputXGradient().attribute(linear, table, targets), weight * table)


def test_input_x_gradient_sums_to_the_output_without_biases(bias_free, images, targets):
    total = InputXGradient().attribute(bias_free, images, targets).flatten(1).sum(1)
    assert (total - bias_free(images).gather(1, targets[:, None])[:, 0]).abs().max() <= 1e-12


@pytest.mark.parametrize("output", ["(n,)", "(n, 1)"])
def test_scalar_models(output, table):
    class Regression(nn.Module):
        def forward(self, x):
            return x.square().sum(1) if output == "(n,)" else x.square().sum(1, keepdim=True)

    assert torch.allclose(Gradient().attribute(Regression(), table), 2 * table, rtol=0, atol=1e-15)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_one_pass_a_sample_in_full_batches(method, cnn, images, targets, passes_of, open_query):
    passes = passes_of(method, open_query(cnn, images, targets, rows=2))
    assert passes.forward == passes.backward == [2, 2, 1]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_a_cut_gradient_is_said_rather_than_zero(method, table):
    class Cut(nn.Linear):
        def forward(self, x):
            return super().forward(x.detach())

    with pytest.raises(Unsupported, match="no gradient"):
        method.attribute(Cut(4, 2, dtype=torch.float64), table)


def test_targets_outside_the_classes(cnn, images):
    with pytest.raises(BadInput, match=r"\[3\] outside the 3 classes"):
        Gradient().attribute(cnn, images, 3)


def test_works_under_inference_mode(cnn, images, targets):
    expected = Gradient().attribute(cnn, images, targets)
    with torch.inference_mode():
        assert torch.equal(Gradient().attribute(cnn, images * 1.0, targets), expected)
