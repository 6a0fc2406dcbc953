"""Integrated gradients."""

import pytest
import torch
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from torch import nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.methods.attribution import InputXGradient, IntegratedGradients


@pytest.mark.usefixtures("captum_in_float64")
@pytest.mark.parametrize("steps", [1, 7, 50])
def test_equals_captum(steps, cnn, images, targets):
    ours = IntegratedGradients(steps=steps).attribute(cnn, images, targets, batch_size=8)
    theirs = CaptumIntegratedGradients(cnn).attribute(images, target=targets, n_steps=steps)
    assert (ours - theirs).abs().max() <= 1e-12


def test_equals_captum_as_it_is_to_the_float32_precision_of_its_weights(cnn, images, targets):
    ours = IntegratedGradients().attribute(cnn, images, targets)
    theirs = CaptumIntegratedGradients(cnn).attribute(images, target=targets, n_steps=50)
    assert (ours - theirs).abs().max() <= 6e-8 * ours.abs().max()


@pytest.mark.parametrize("steps", [2, 16])
def test_midpoint_equals_captum_where_its_weights_are_exact(steps, cnn, images, targets):
    ours = IntegratedGradients(steps=steps, quadrature="midpoint").attribute(cnn, images, targets)
    theirs = CaptumIntegratedGradients(cnn).attribute(images, target=targets, n_steps=steps, method="riemann_middle")
    assert (ours - theirs).abs().max() <= 1e-12


@pytest.mark.usefixtures("captum_in_float64")
def test_equals_captum_from_the_domains_baseline(cnn, images, targets):
    baseline = torch.tensor([0.3, -1.0], dtype=torch.float64)[:, None, None]
    ours = IntegratedGradients().attribute(cnn, images, targets, baseline=baseline)
    theirs = CaptumIntegratedGradients(cnn).attribute(images, baseline.expand_as(images[:1]), target=targets)
    assert (ours - theirs).abs().max() <= 1e-12


def test_an_infill_is_a_baseline(cnn, images, targets):
    domain = ImageDomain(mean=0.3, baseline=5.0)
    by_name = IntegratedGradients(baseline="mean").attribute(cnn, images, targets, domain=domain)
    by_value = IntegratedGradients().attribute(cnn, images, targets, domain=ImageDomain(baseline=0.3))
    assert torch.equal(by_name, by_value)


def test_equals_the_sum_of_the_definition(smooth, images, targets):
    total = torch.zeros_like(images)
    for step in range(6):
        point = ((step + 0.5) / 6 * images).requires_grad_()
        out = sum(smooth(point)[i, targets[i]] for i in range(len(images)))
        total += torch.autograd.grad(out, point)[0] / 6
    ours = IntegratedGradients(steps=6, quadrature="midpoint").attribute(smooth, images, targets)
    assert (ours - images * total).abs().max() <= 1e-12


@pytest.mark.parametrize("baseline", [0.0, 0.5])
def test_sums_to_the_difference_of_outputs_on_smooth_networks(baseline, smooth, images, targets):
    total = IntegratedGradients().attribute(smooth, images, targets, baseline=baseline).flatten(1).sum(1)
    difference = (smooth(images) - smooth(torch.full_like(images, baseline))).gather(1, targets[:, None])[:, 0]
    assert (total - difference).abs().max() <= 1e-8


def test_equals_input_x_gradient_without_biases(bias_free, images, targets):
    ours = IntegratedGradients(steps=5).attribute(bias_free, images, targets)
    assert (ours - InputXGradient().attribute(bias_free, images, targets)).abs().max() <= 1e-12


def test_linear_model_is_exact_in_one_step(linear, table, targets):
    ours = IntegratedGradients(steps=1).attribute(linear, table, targets, baseline=0.5)
    assert (ours - linear.weight[targets] * (table - 0.5)).abs().max() <= 1e-15


def test_gauss_legendre_is_exact_where_the_midpoint_rule_is_not(table):
    class Quartic(nn.Module):
        def forward(self, x):
            return x.pow(4).sum(1)

    assert torch.allclose(IntegratedGradients(steps=2).attribute(Quartic(), table), table.pow(4), rtol=1e-12)
    # The midpoint rule with 2 points gives 4 (1/4^3 + 3/4^3) / 2 = 7/8 of the integral.
    midpoint = IntegratedGradients(steps=2, quadrature="midpoint").attribute(Quartic(), table)
    assert torch.allclose(midpoint, 7 / 8 * table.pow(4), rtol=1e-12)


def test_a_feature_at_its_baseline_gets_nothing(smooth, images, targets):
    images[:, 1, 2, 3] = 0.25
    assert (IntegratedGradients().attribute(smooth, images, targets, baseline=0.25)[:, 1, 2, 3] == 0).all()


def test_steps_passes_a_sample_in_full_batches(cnn, images, targets, passes_of, open_query):
    passes = passes_of(IntegratedGradients(steps=3), open_query(cnn, images, targets, rows=7))
    assert passes.forward == passes.backward == [7, 7, 1]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"steps": 0}, "steps=0"), ({"steps": 2.5}, "steps=2.5"), ({"quadrature": "simpson"}, "simpson.*gausslegendre")],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=message):
        IntegratedGradients(**parameters)


def test_an_unknown_infill_is_refused_with_the_known_ones(cnn, images):
    with pytest.raises(BadParameter, match=r"'grey'.*mean"):
        IntegratedGradients(baseline="grey").attribute(cnn, images)


def test_fifty_steps_are_held_to_the_integral():
    told = [IntegratedGradients(steps=steps).closed_form for steps in (49, 50, 51)]
    assert told == [None, "integrated_gradients", "integrated_gradients"]
    assert IntegratedGradients(baseline="mean").closed_form is None
