"""LayerCAM, Grad-CAM++ and Score-CAM: definitions in loops, laws that link them, and known answers."""

from collections.abc import Callable

import cam_networks as networks
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import GradCam, GradCamPlusPlus, LayerCam, ScoreCam
from whybench.methods.attribution.class_activation import ClassActivation

FAMILY = (GradCam, LayerCam, GradCamPlusPlus, ScoreCam)
TARGETS = torch.tensor([0, 2, 1])
family = pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.name)


def close(found: Tensor, expected: Tensor, tolerance: float = 1e-12) -> None:
    assert found.shape == expected.shape
    assert expected.abs().max() > 0
    assert ((found - expected).abs().max() / expected.abs().max()).item() <= tolerance


def slopes(net: networks.Net, x: Tensor) -> tuple[Tensor, Tensor]:
    """The maps before the last activation and the gradient of the target's logit there."""
    with torch.enable_grad():
        maps = net.maps(x).detach().requires_grad_()
        explained = net.top(maps.clone()).gather(1, TARGETS[:, None])
        return maps.detach(), torch.autograd.grad(explained.sum(), maps)[0]


@torch.no_grad()
def by_loops(kind: type[ClassActivation], net: networks.Net, x: Tensor) -> Tensor:
    """The sum over maps, written out number by number."""
    maps, slope = slopes(net, x)
    rows, channels, height, width = maps.shape
    positions = [(u, v) for u in range(height) for v in range(width)]
    result = torch.zeros(rows, 1, height, width, dtype=torch.float64)
    for n in range(rows):
        logits = torch.zeros(channels, dtype=torch.float64)
        if kind is ScoreCam:
            for k in range(channels):
                mask = F.interpolate(maps[n, k][None, None], x.shape[2:], mode="bilinear")
                mask = (mask - mask.min()) / (mask.max() - mask.min())
                logits[k] = net(mask * x[n : n + 1])[0, TARGETS[n]]
        for k in range(channels):
            total = sum(float(maps[n, k, u, v]) for u, v in positions)
            weight = 0.0
            for u, v in positions:
                g = float(slope[n, k, u, v])
                if kind is GradCam:
                    weight += g / len(positions)
                elif kind is GradCamPlusPlus and g > 0:
                    weight += g**2 / (2 * g**2 + total * g**3) * g
            if kind is ScoreCam:
                weight = float((logits[k] - logits.max()).exp() / (logits - logits.max()).exp().sum())
            for u, v in positions:
                own = max(float(slope[n, k, u, v]), 0.0) if kind is LayerCam else weight
                result[n, 0, u, v] += own * maps[n, k, u, v]
    return result


@family
@pytest.mark.parametrize("variant", networks.VARIANTS)
def test_equals_the_definition_in_loops(kind: type[ClassActivation], variant: str) -> None:
    net, x = networks.net(**networks.VARIANTS[variant]), networks.pictures()
    expected = by_loops(kind, net, x)
    close(kind("last", relu=False, upsample=False).attribute(net, x, TARGETS), expected)
    rectified = expected.clamp(min=0)
    assert (kind("last", upsample=False).attribute(net, x, TARGETS) - rectified).abs().max() <= 1e-12
    fine = F.interpolate(rectified, (9, 6), mode="bilinear")
    assert (kind("last").attribute(net, x, TARGETS) - fine).abs().max() <= 1e-12


@family
@pytest.mark.parametrize("activation", networks.OTHERS)
def test_needs_no_rectifiers(kind: type[ClassActivation], activation: str) -> None:
    net, x = networks.net(networks.OTHERS[activation](), skip=True, norm=True), networks.pictures()
    close(kind("last", relu=False, upsample=False).attribute(net, x, TARGETS), by_loops(kind, net, x))


@family
@pytest.mark.parametrize("style", networks.STYLES)
@pytest.mark.parametrize("layer", [None, "last", "first"])
def test_functional_reused_and_in_place_rectifiers_are_modules(
    kind: type[ClassActivation], style: str, layer: str | None
) -> None:
    x, variant = networks.pictures(), networks.VARIANTS["residual"]
    expected = kind(layer).attribute(networks.net(**variant), x, TARGETS)
    assert expected.std() > 0
    close(kind(layer).attribute(networks.net(networks.STYLES[style](), **variant), x, TARGETS), expected)


@family
def test_layer_norm_at_the_layer(kind: type[ClassActivation]) -> None:
    class Normed(networks.Net):
        def maps(self, x: Tensor) -> Tensor:
            return F.layer_norm(super().maps(x), (7, 5))

        def forward(self, x: Tensor) -> Tensor:
            return self.top(self.seen(self.maps(x)))

    net = Normed(networks.modules())
    net.seen = nn.Identity()
    networks.weighted(net)
    x = networks.pictures()
    close(kind("seen", relu=False, upsample=False).attribute(net, x, TARGETS), by_loops(kind, net, x))


@family
@pytest.mark.parametrize(
    ("layer", "error", "reason"),
    [
        ("lsat", BadParameter, r"no layer 'lsat'. Did you mean last"),
        ("head", Unsupported, r"layer 'head' gives \(3, 3\); expected feature maps"),
    ],
)
def test_layers_that_give_no_maps_are_refused_in_the_name_of_the_method(
    kind: type[ClassActivation], layer: str, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=f"^{kind.name}: .*{reason}"):
        kind(layer).attribute(networks.net(), networks.pictures(), TARGETS)


def test_one_pass_a_sample_and_one_a_channel_in_full_batches(
    open_query: Callable[..., object], passes_of: Callable[..., object]
) -> None:
    for kind in (LayerCam, GradCamPlusPlus):
        passes = passes_of(kind(), open_query(networks.net(), networks.pictures(), TARGETS, rows=2))
        assert passes.forward == passes.backward == [2, 1]
    passes = passes_of(ScoreCam(), open_query(networks.net(), networks.pictures(), TARGETS, rows=4))
    assert passes.forward == [3, 4, 4, 4, 3]
    assert passes.backward == []


@family
def test_works_under_inference_mode(kind: type[ClassActivation]) -> None:
    net, x = networks.net(), networks.pictures()
    expected = kind().attribute(net, x, TARGETS)
    with torch.inference_mode():
        assert torch.equal(kind().attribute(net, x * 1.0, TARGETS), expected)


def pooled(channels: int, layer: nn.Module, weight: Tensor) -> nn.Sequential:
    """A layer of maps, their means, and a bias-free linear layer to two classes, the second one all zero."""
    net = nn.Sequential(layer, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 2, bias=False)).double()
    net[3].weight.data = torch.stack([weight.double(), torch.zeros(channels, dtype=torch.float64)])
    return net


def test_layer_cam_is_grad_cam_where_gradients_are_positive_and_constant() -> None:
    x, weight = networks.pictures(), torch.tensor([0.5, 2.0, 0.25])
    net = pooled(3, networks.weighted(nn.Conv2d(2, 3, 3)), weight)
    cam = torch.einsum("k,nkuv->nuv", weight.double(), net[0](x))[:, None] / (7 * 4)
    for kind in (GradCam, LayerCam):
        close(kind("0", relu=False, upsample=False).attribute(net, x, 0), cam.detach())
    close(LayerCam().attribute(net, x, 0), GradCam().attribute(net, x, 0))
    net[3].weight.data[0, 1] = -2.0
    gap = LayerCam(relu=False).attribute(net, x, 0) - GradCam(relu=False).attribute(net, x, 0)
    close(gap, F.interpolate(2.0 * net[0](x)[:, 1:2].detach() / (7 * 4), (9, 6), mode="bilinear"))


class SumsToOne(nn.Module):
    """Maps that each sum to 1 over their positions."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).softmax(2).view_as(x)


class SumsToZero(nn.Module):
    """Maps that each sum to 0 over their positions."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean((2, 3), keepdim=True)


def test_grad_cam_plus_plus_is_proportional_to_grad_cam_where_all_shares_are_equal() -> None:
    """Equal gradients g and equal sums s of the maps: each position has the share 1 / (2 + g s)."""
    x, positions = networks.pictures(), 9 * 6
    for layer, weight, factor in [
        (SumsToOne(), torch.tensor([3.0, 3.0]), positions / (2 + 3 / positions)),
        (SumsToZero(), torch.tensor([3.0, 0.5]), positions / 2),
    ]:
        net = pooled(2, layer, weight)
        expected = factor * GradCam("0").attribute(net, x, 0)
        close(GradCamPlusPlus("0").attribute(net, x, 0), expected)


def test_grad_cam_plus_plus_shares_are_the_derivatives_of_exp() -> None:
    """The definition by automatic differentiation: derivatives of exp(f) along each number of the maps."""
    net, x = networks.net(pool=True), networks.pictures(1)
    maps = net.maps(x).detach()

    def along(n: int, k: int, u: int, v: int) -> list[Tensor]:
        step = torch.zeros((), dtype=torch.float64, requires_grad=True)
        moved = maps.index_put(tuple(torch.tensor(i) for i in (n, k, u, v)), maps[n, k, u, v] + step)
        derivatives = [net.top(moved)[0, TARGETS[0]].exp()]
        for _ in range(3):
            if not derivatives[-1].requires_grad:
                return [torch.zeros(()) for _ in range(4)]
            derivatives += torch.autograd.grad(derivatives[-1], step, create_graph=True)
        return derivatives

    expected = torch.zeros(1, 1, *maps.shape[2:], dtype=torch.float64)
    for k in range(maps.shape[1]):
        weight = 0.0
        for u in range(maps.shape[2]):
            for v in range(maps.shape[3]):
                _, first, second, third = (float(d.detach()) for d in along(0, k, u, v))
                if first > 0:
                    weight += second / (2 * second + float(maps[0, k].sum()) * third) * first
        expected[0, 0] += weight * maps[0, k]
    found = GradCamPlusPlus("last", relu=False, upsample=False).attribute(net, x, TARGETS[:1])
    close(found * net(x)[0, TARGETS[0]].detach().exp(), expected.detach())


class Given(nn.Module):
    """The input itself is the maps: `seen` gives them, a linear layer with the weights `slope` reads them."""

    def __init__(self, slope: Tensor) -> None:
        super().__init__()
        self.seen = nn.Identity()
        self.slope = nn.Parameter(slope.double())

    def forward(self, x: Tensor) -> Tensor:
        explained = (self.seen(x) * self.slope).flatten(1).sum(1)
        return torch.stack([explained, torch.zeros_like(explained)], 1)


def test_known_answer_of_regions_of_different_size() -> None:
    """Three maps, 1 on regions of 15, 4 and 2 positions that the class depends on with slope g and 0 elsewhere.

    Grad-CAM weights them by 15, 4 and 2; Grad-CAM++ by n g / (2 + n g), the same for all as g grows.
    pytorch-grad-cam 1.5.7 gives the numbers written out here, within 1e-9, and 100 for LayerCAM.
    """
    maps = torch.zeros(1, 3, 4, 10, dtype=torch.float64)
    regions = [(0, slice(0, 3), slice(0, 5)), (1, slice(0, 2), slice(6, 8)), (2, slice(3, 4), slice(8, 10))]
    for k, rows, columns in regions:
        maps[0, k, rows, columns] = 1

    def seen(kind: type[ClassActivation], g: float) -> list[float]:
        found = kind("seen", upsample=False).attribute(Given(g * maps[0]), maps, 0)[0, 0]
        assert torch.equal(found > 0, maps[0].sum(0) > 0)
        return [float(found[rows, columns].mean()) for _, rows, columns in regions]

    assert seen(GradCam, 100.0) == pytest.approx([37.5, 10.0, 5.0], rel=1e-12)
    assert seen(LayerCam, 100.0) == pytest.approx([100.0, 100.0, 100.0], rel=1e-12)
    assert seen(GradCamPlusPlus, 100.0) == pytest.approx([1500 / 1502, 400 / 402, 200 / 202], rel=1e-12)
    assert seen(GradCamPlusPlus, 100.0) == pytest.approx([0.9986684421, 0.9950248756, 0.9900990099], abs=1e-9)


def test_grad_cam_plus_plus_does_not_lose_small_gradients() -> None:
    """The known mistake: a constant in the denominator, which swallows g^2 and bends the weights to g^3."""
    maps = torch.zeros(1, 2, 2, 2, dtype=torch.float64)
    maps[0, 0, 0, 0], maps[0, 1, 1, 1] = 1.0, 1.0
    slope = 1e-6 * torch.tensor([1.0, 2.0], dtype=torch.float64)[:, None, None] * maps[0]
    found = GradCamPlusPlus("seen", upsample=False).attribute(Given(slope), maps, 0)[0, 0]
    assert float(found[0, 0]) == pytest.approx(1e-6 / (2 + 1e-6), rel=1e-12)
    assert float(found[1, 1] / found[0, 0]) == pytest.approx(2.0, rel=1e-5)
    stabilised = (slope**3 / (2 * slope**2 + slope**3 + 1e-6)).sum((1, 2))
    assert float(stabilised[1] / stabilised[0]) == pytest.approx(8.0, rel=1e-4)


def test_grad_cam_plus_plus_has_no_share_at_its_pole() -> None:
    maps = torch.tensor([[[[-1.0, 0.0], [-1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]]], dtype=torch.float64)
    found = GradCamPlusPlus("seen", upsample=False).attribute(Given(torch.ones(2, 2, 2)), maps, 0)
    assert found.tolist() == [[[[pytest.approx(4 / 3), 0.0], [0.0, 0.0]]]]


class Widened(networks.Net):
    """With maps that say nothing beside those of the last convolution: dead ones and a constant one."""

    def __init__(self) -> None:
        super().__init__(networks.modules())
        self.seen = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        maps = self.maps(x)
        dull = torch.cat([torch.zeros_like(maps[:, :2]), torch.full_like(maps[:, :1], 0.1)], 1)
        return self.top(self.seen(torch.cat([dull, maps], 1))[:, 3:])


def test_maps_without_any_difference_take_no_part_in_score_cam() -> None:
    x = networks.pictures()
    expected = ScoreCam("last").attribute(networks.net(), x, TARGETS)
    close(ScoreCam("seen").attribute(networks.weighted(Widened()), x, TARGETS), expected)
    blank = ScoreCam("seen").attribute(Given(torch.ones(2, 9, 6)), torch.ones_like(x), 0)
    assert torch.equal(blank, torch.zeros(3, 1, 9, 6, dtype=torch.float64))


def test_score_cam_does_not_see_what_is_added_to_a_logit() -> None:
    """So that the baseline, whose logit the paper subtracts, needs no pass."""
    net, x = networks.net(), networks.pictures()
    expected = ScoreCam().attribute(net, x, TARGETS)
    net.head.bias.data += torch.tensor([5.0, -40.0, 300.0])
    close(ScoreCam().attribute(net, x, TARGETS), expected, 1e-10)


def test_score_cam_known_answer() -> None:
    """Two maps, each above 0 on one half; the class needs the left one: logits log 3 and 0, weights 3/4 and 1/4.

    pytorch-grad-cam 1.5.7 gives the same within 1e-6, but with one more map, which is 5 everywhere, it gives 5.2 and
    1.4: three maps share weights of 3/5, 1/5 and 1/5, although the third one knows of no position.
    """

    class Halves(nn.Module):
        def __init__(self, blank: bool) -> None:
            super().__init__()
            self.seen = nn.Identity()
            self.blank = blank

        def forward(self, x: Tensor) -> Tensor:
            left, right = torch.zeros_like(x), torch.zeros_like(x)
            left[..., :2], right[..., 2:] = 7.0, 2.0
            self.seen(torch.cat([left, right, torch.full_like(x, 5.0)] if self.blank else [left, right], 1))
            logit = torch.tensor(3.0).double().log() * x[:, 0, 0, 0]
            return torch.stack([logit, torch.zeros_like(logit)], 1)

    for blank in (False, True):
        found = ScoreCam("seen").attribute(Halves(blank), torch.ones(1, 1, 2, 4, dtype=torch.float64), 0)
        left, right = pytest.approx(21 / 4, rel=1e-12), pytest.approx(1 / 2, rel=1e-12)
        assert found[0, 0].tolist() == [[left, left, right, right]] * 2


def test_upsampling_keeps_positions_where_they_are() -> None:
    """Means over 2 x 2 pixels of a ramp, upsampled, are the ramp again; with aligned corners it would be stretched."""
    ramp = torch.arange(8.0, dtype=torch.float64).expand(1, 1, 8, 8).contiguous()
    net = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 1, bias=False)).double()
    net[2].weight.data.fill_(1.0)
    for kind, factor in ((GradCam, 1.0), (LayerCam, 1.0), (ScoreCam, 1.0), (GradCamPlusPlus, 16 / (2 + 16 * 3.5))):
        found = kind("0").attribute(net, ramp) / factor
        close(found[..., 1:-1], ramp[..., 1:-1])
    stretched = F.interpolate(net[0](ramp), (8, 8), mode="bilinear", align_corners=True)
    assert (stretched - ramp)[..., 1:-1].abs().max() > 0.3
