"""Grad-CAM."""

import pytest
import torch
import torch.nn.functional as F
from captum.attr import LayerAttribution, LayerGradCam
from torch import nn

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import GradCam


def seeded(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(4)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module.double().eval()


@pytest.mark.parametrize("layer", ["0", "1", "2", "3", "4"])
def test_equals_captum(layer, cnn, images, targets):
    captum = LayerGradCam(cnn, cnn[int(layer)])
    coarse = captum.attribute(images, targets, relu_attributions=True)
    fine = LayerAttribution.interpolate(coarse, (8, 6), interpolate_mode="bilinear")
    signed = captum.attribute(images, targets)
    assert (GradCam(layer).attribute(cnn, images, targets) - fine).abs().max() <= 1e-12
    assert (GradCam(layer, upsample=False).attribute(cnn, images, targets) - coarse).abs().max() <= 1e-12
    assert (GradCam(layer, upsample=False, relu=False).attribute(cnn, images, targets) - signed).abs().max() <= 1e-12
    assert (signed < 0).any()


def test_is_cam_over_the_number_of_positions_where_a_linear_layer_follows_the_mean(images, targets):
    net = seeded(nn.Sequential(nn.Conv2d(2, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)))
    maps = net[0](images)
    cam = torch.einsum("nk,nkhw->nhw", net[3].weight[targets], maps)[:, None]
    ours = GradCam(relu=False, upsample=False).attribute(net, images, targets)
    assert (ours - cam / (6 * 4)).abs().max() <= 1e-12
    assert (GradCam(upsample=False).attribute(net, images, targets) - cam.relu() / (6 * 4)).abs().max() <= 1e-12


def test_default_layer_is_the_hint_then_the_last_convolution(cnn, images, targets):
    last = GradCam().attribute(cnn, images, targets)
    assert torch.equal(last, GradCam("3").attribute(cnn, images, targets))
    hinted = GradCam().attribute(cnn, images, targets, target_layer="0")
    assert torch.equal(hinted, GradCam("0").attribute(cnn, images, targets))
    assert not torch.equal(hinted, last)


class Backwards(nn.Module):
    """Registers its convolutions in the opposite order of their use, and one more that looks at a single position."""

    def __init__(self) -> None:
        super().__init__()
        self.late = nn.Conv2d(3, 3, 1)
        self.early = nn.Conv2d(2, 3, 1)
        self.head = nn.Conv2d(3, 2, 1)

    def forward(self, x):
        return self.head(self.late(self.early(x).relu()).relu().mean((2, 3), keepdim=True)).flatten(1)


def test_last_convolution_is_by_execution_and_looks_at_more_than_one_position(images, targets):
    net = seeded(Backwards())
    assert torch.equal(GradCam().attribute(net, images, targets), GradCam("late").attribute(net, images, targets))


class Twice(nn.Module):
    """One convolution, one activation, each run twice, the activation in place."""

    def __init__(self, inplace: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.relu = nn.ReLU(inplace=inplace)
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(self.relu(self.conv(self.relu(self.conv(x)))).mean((2, 3)))


@pytest.mark.parametrize("layer", [None, "conv", "relu"])
def test_of_a_layer_that_runs_twice_the_last_call_counts(layer, images, targets):
    net = seeded(Twice())
    first = net.conv(images).relu()
    maps = net.conv(first) if layer != "relu" else net.conv(first).relu()
    maps = maps.detach().requires_grad_()
    out = net.head((maps.relu() if layer != "relu" else maps).mean((2, 3)))
    (gradient,) = torch.autograd.grad(out.gather(1, targets[:, None]).sum(), maps)
    expected = (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu()
    assert (GradCam(layer).attribute(net, images, targets) - expected).abs().max() <= 1e-12


def test_writing_in_place_after_the_layer_does_not_change_the_maps(images, targets):
    careful, in_place = seeded(Twice(inplace=False)), seeded(Twice(inplace=True))
    expected = GradCam("conv", relu=False).attribute(careful, images, targets)
    assert torch.equal(GradCam("conv", relu=False).attribute(in_place, images, targets), expected)
    assert (expected < 0).any()


@pytest.mark.parametrize("layer", [None, "3"])
def test_hooks_are_gone_also_when_the_model_raises(layer, cnn, images, targets):
    def hooks():
        return [len(m._forward_hooks) + len(m._backward_hooks) for m in cnn.modules()]

    def fail(*_):
        raise RuntimeError("late failure")

    GradCam(layer).attribute(cnn, images, targets)
    assert hooks() == [0] * len(hooks())
    handle = cnn[6].register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="late failure"):
        GradCam(layer).attribute(cnn, images, targets)
    handle.remove()
    assert hooks() == [0] * len(hooks())


@pytest.mark.parametrize("hint", [True, False])
def test_an_unknown_layer_is_refused_with_close_ones(hint, images):
    net = seeded(Backwards())
    with pytest.raises(BadParameter, match=r"no layer 'latee'. Did you mean late\?"):
        GradCam(None if hint else "latee").attribute(net, images, target_layer="latee" if hint else None)
    with pytest.raises(BadParameter, match=r"no layer 'zzz'. It has: late, early, head."):
        GradCam("zzz").attribute(net, images)


class Aside(nn.Module):
    """A convolution that the output does not use, and one that never runs."""

    def __init__(self) -> None:
        super().__init__()
        self.aside, self.idle, self.head = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1), nn.Linear(2, 2)

    def forward(self, x):
        self.aside(x)
        return self.head(x.mean((2, 3)))


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (None, "does not depend on the last convolution"),
        ("aside", "does not depend on layer 'aside'"),
        ("idle", "layer 'idle' did not run"),
        ("head", r"layer 'head' gives \(5, 2\); expected feature maps"),
    ],
)
def test_layers_that_give_no_maps_are_refused(layer, reason, images, targets):
    with pytest.raises(Unsupported, match=reason):
        GradCam(layer).attribute(seeded(Aside()), images, targets)


def test_networks_without_convolutions_are_refused(linear, table, images):
    with pytest.raises(Unsupported, match="needs image"):
        GradCam().attribute(linear, table)
    with pytest.raises(Unsupported, match="no convolution with feature maps ran"):
        GradCam().attribute(nn.Sequential(nn.Flatten(), nn.Linear(96, 2, dtype=torch.float64)), images)


def test_one_pass_a_sample_in_full_batches(cnn, images, targets, passes_of, open_query):
    passes = passes_of(GradCam(), open_query(cnn, images, targets, rows=2))
    assert passes.forward == passes.backward == [2, 2, 1]


def test_works_under_inference_mode(cnn, images, targets):
    expected = GradCam().attribute(cnn, images, targets)
    with torch.inference_mode():
        assert torch.equal(GradCam().attribute(cnn, images * 1.0, targets), expected)


def test_upsampling_is_bilinear_with_height_and_width_in_place(cnn, images, targets):
    coarse = GradCam(upsample=False).attribute(cnn, images, targets)
    assert coarse.shape == (5, 1, 4, 3)
    fine = F.interpolate(coarse, (8, 6), mode="bilinear")
    assert torch.equal(GradCam().attribute(cnn, images, targets), fine)
