"""Controls: maps that know nothing of the model."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter, UnknownName, Unsupported
from whybench.methods.attribution import (
    Centre,
    Constant,
    GradCam,
    Gradient,
    InputDifference,
    InputXGradient,
    Inverted,
    Occlusion,
    Random,
    SmoothGrad,
    SobelEdges,
)
from whybench.parameters import parameters
from whybench.registries import methods
from whybench.resolver import resolve


def test_sobel_edges_equal_scipys(cnn, images):
    ours = SobelEdges().attribute(cnn, images, 0)
    for image, edges in zip(images.numpy(), ours.numpy(), strict=True):
        across, down = (ndimage.sobel(image.mean(0), axis, mode="nearest") for axis in (1, 0))
        assert np.abs(edges[0] - np.hypot(across, down)).max() <= 1e-12


def test_a_flat_image_has_no_edges_at_its_border_either(cnn, images):
    assert (SobelEdges().attribute(cnn, torch.ones_like(images), 0) == 0).all()


def test_centre_values(cnn, images):
    ours = Centre(width=0.25).attribute(cnn, images, 0)
    assert ours.shape == (5, 1, 8, 6)
    # Row 0 of 8 is 7/16 of the height away from the middle, column 2 of 6 is 1/12 of the width away.
    assert ours[0, 0, 0, 2].item() == pytest.approx(math.exp(-((7 / 16) ** 2 + (1 / 12) ** 2) / (2 / 16)), rel=1e-14)
    assert torch.equal(ours, ours.flip(2))
    assert torch.allclose(ours, ours.flip(3), rtol=1e-14)


@pytest.mark.parametrize("control", [Centre(), SobelEdges()], ids=lambda m: m.name)
def test_image_controls_are_unsupported_on_tables(control, linear, table):
    with pytest.raises(Unsupported, match=f"{control.name} needs image"):
        control.attribute(linear, table)


def test_centre_refuses_a_bad_width():
    with pytest.raises(BadParameter, match="width=0"):
        Centre(width=0)


def test_constant(cnn, images):
    assert torch.equal(Constant().attribute(cnn, images), torch.ones_like(images))


def test_input_difference_names_its_infill(cnn, images):
    domain = ImageDomain(mean=torch.tensor([0.5, -0.5])[:, None, None])
    mean = torch.tensor([0.5, -0.5], dtype=torch.float64)[:, None, None]
    assert torch.equal(InputDifference().attribute(cnn, images, domain=domain), (images - mean).abs())
    assert torch.equal(InputDifference("zero").attribute(cnn, images, domain=domain), images.abs())
    with pytest.raises(BadParameter, match="unknown infill 'grey'"):
        InputDifference("grey").attribute(cnn, images)


def test_random_is_standard_normal_and_drawn_anew_for_another_model_or_input(cnn, images):
    many = Random().attribute(cnn, images.repeat(20, 1, 1, 1), 0)
    assert abs(many.mean().item()) < 4 / math.sqrt(many.numel())
    assert abs(many.var().item() - 1) < 4 * math.sqrt(2 / many.numel())
    same = Random().attribute(cnn, images, 0)
    assert torch.equal(same, Random().attribute(cnn, images, 0))
    assert not torch.isclose(same, Random().attribute(cnn, images + 1e-9, 0)).any()
    with torch.no_grad():
        cnn[0].weight[0, 0, 0, 0] += 1e-9
    assert not torch.isclose(same, Random().attribute(cnn, images, 0)).any()


@pytest.mark.parametrize("method", [InputXGradient(), GradCam("0"), Occlusion(2)], ids=lambda m: m.name)
def test_inverted_contributions_are_negated(method, cnn, images, targets):
    inverted = Inverted(method)
    assert inverted.grid == method.grid
    assert torch.equal(inverted.attribute(cnn, images, targets), -method.attribute(cnn, images, targets))


@pytest.mark.parametrize("method", [Gradient(), SmoothGrad(samples=2)], ids=lambda m: m.name)
def test_inverted_sensitivities_have_exactly_the_reversed_order(method, cnn, images, targets):
    inverted = Inverted(method)
    relevance = inverted.attribute(cnn, images, targets)
    domain = ImageDomain()
    ours = domain.per_feature(relevance, inverted.polarity, images.shape)
    theirs = domain.per_feature(method.attribute(cnn, images, targets), "sensitivity", images.shape)
    assert relevance.shape == (5, 1, 8, 6)
    assert inverted.grid == "spatial"
    assert torch.equal(ours, -theirs)


def test_inverted_sensitivities_of_float32_models_keep_every_difference(cnn, images, targets):
    cnn, images = cnn.float(), images.float()
    theirs = ImageDomain().per_feature(Gradient().attribute(cnn, images, targets), "sensitivity", images.shape)
    assert torch.equal(Inverted("gradient").attribute(cnn, images, targets)[:, 0], -theirs)


def test_inverted_sensitivities_of_tables(linear, table, targets):
    assert torch.equal(Inverted("gradient").attribute(linear, table, targets), -linear.weight.detach()[targets].abs())


def test_inverted_has_the_facts_of_the_method_inside():
    assert Inverted("smooth_grad").stochastic
    assert not Inverted("gradient").stochastic
    assert Inverted("grad_cam").needs == GradCam.needs
    assert Inverted("constant").needs == frozenset()
    assert Inverted.control


def test_inverted_is_the_same_by_text_and_by_object():
    by_text = resolve(methods, "inverted(smooth_grad(samples=3))")
    assert by_text == Inverted(SmoothGrad(samples=3))
    assert parameters(by_text)["method"] == {
        "name": "smooth_grad",
        "samples": 3,
        "noise": 0.15,
        "polarity": "sensitivity",
    }


def test_inverted_refuses_what_is_no_method():
    with pytest.raises(UnknownName, match=r"'gradeint'. Did you mean gradient"):
        Inverted("gradeint")
    with pytest.raises(BadParameter, match="no attribution method"):
        Inverted(nn.Linear(1, 1))
    with pytest.raises(BadParameter, match="loses the sign"):
        Inverted("gradient", polarity="sensitivity")
