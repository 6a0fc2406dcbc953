"""VisualBackProp: the paper's PilotNet and other chains by loops, its laws, branches, and what is refused."""

import gc
import weakref
from collections.abc import Callable, Sequence
from copy import deepcopy

import cam_networks as networks
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.errors import Unsupported
from whybench.methods.attribution import VisualBackProp

Pair = tuple[int, int]
ONES = (1, 1)
TARGETS = torch.tensor([0, 2, 1])


def explain(net: nn.Module, x: Tensor, targets: Tensor | None = None) -> Tensor:
    return VisualBackProp().attribute(net, x, targets)


def close(found: Tensor, expected: Tensor) -> None:
    """Equal, and with the range [0, 1] in each sample."""
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    assert found.amin((1, 2, 3)).tolist() == [0.0] * len(found)
    assert found.amax((1, 2, 3)).tolist() == [1.0] * len(found)


def scaled(mask: Tensor) -> Tensor:
    """Sample by sample, to [0, 1]."""
    return torch.stack([(one - one.min()) / (one.max() - one.min()) for one in mask])


def spread(upper: Tensor, size: Sequence[int], kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Tensor:
    """The transposed all-ones convolution number by number: every output adds itself to all that it was made from."""
    above, lower = upper[:, 0].numpy(), np.zeros((len(upper), *size))
    for u, v in np.ndindex(*above.shape[1:]):
        for a, b in np.ndindex(*kernel):
            y = u * stride[0] - padding[0] + a * dilation[0]
            x = v * stride[1] - padding[1] + b * dilation[1]
            if 0 <= y < size[0] and 0 <= x < size[1]:
                lower[:, y, x] += above[:, u, v]
    return torch.from_numpy(lower)[:, None]


def through(layer: nn.Module, upper: Tensor, size: Sequence[int]) -> Tensor:
    """`spread` with the numbers of a convolution or pool."""
    pair = [value if isinstance(value, tuple) else (value, value) for value in (layer.kernel_size, layer.stride)]
    others = [getattr(layer, name, 1) for name in ("padding", "dilation")]
    return spread(upper, size, *pair, *[value if isinstance(value, tuple) else (value, value) for value in others])


@torch.no_grad()
def by_loops(features: nn.Sequential, x: Tensor) -> Tensor:
    """A chain of convolutions and pools, some with a ReLU after them, from the last one down."""
    sizes, averages = [], []
    for layer in features:
        sizes.append(x.shape[2:])
        x = layer(x.clone())
        averages.append(x.mean(1, keepdim=True) if isinstance(layer, nn.ReLU) else None)
    mask = torch.ones_like(x[:, :1])
    for layer, size, average in zip(reversed(features), reversed(sizes), reversed(averages), strict=True):
        if average is not None:
            mask = mask * average
        elif isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            mask = through(layer, mask, size)
    return scaled(mask)


class PilotNet(nn.Module):
    """The network that the method was made for: (n, 3, 66, 200) -> a steering command, ReLU as a function."""

    def __init__(self) -> None:
        super().__init__()
        sizes = [(3, 24, 5, 2), (24, 36, 5, 2), (36, 48, 5, 2), (48, 64, 3, 1), (64, 64, 3, 1)]
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, k, stride=s) for i, o, k, s in sizes)
        self.dense = nn.Sequential(nn.Linear(1152, 100), nn.ReLU(), nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 10))
        self.steering = nn.Linear(10, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = x / 127.5 - 1
        for convolution in self.convolutions:
            x = F.relu(convolution(x))
        return self.steering(self.dense(x.flatten(1)).relu())

    def features(self) -> nn.Sequential:
        return nn.Sequential(*(layer for convolution in self.convolutions for layer in (convolution, nn.ReLU())))


@pytest.fixture(scope="module")
def pilot() -> PilotNet:
    made = networks.weighted(PilotNet())
    assert isinstance(made, PilotNet)
    return made


@pytest.fixture(scope="module")
def road() -> Tensor:
    draw = torch.Generator().manual_seed(3)
    return 255 * torch.rand(2, 3, 66, 200, generator=draw, dtype=torch.float64)


@pytest.fixture(scope="module")
def seen(pilot: PilotNet, road: Tensor) -> Tensor:
    return explain(pilot, road)


def test_pilot_net_by_loops(pilot: PilotNet, road: Tensor, seen: Tensor) -> None:
    assert seen.shape == (2, 1, 66, 200)
    close(seen, by_loops(pilot.features(), road / 127.5 - 1))


def test_pilot_net_by_transposed_convolutions(pilot: PilotNet, road: Tensor, seen: Tensor) -> None:
    """As the authors do it: sums over channels, and output padding by the stride's remainder."""
    maps, sizes = [road / 127.5 - 1], [(66, 200), (31, 98), (14, 47), (5, 22), (3, 20), (1, 18)]
    for convolution in pilot.convolutions:
        maps.append(convolution(maps[-1]).relu())
    assert [tuple(m.shape[2:]) for m in maps] == sizes
    mask, remainders = torch.ones((), dtype=torch.float64), []
    for convolution, upper, size in zip(pilot.convolutions[::-1], maps[:0:-1], sizes[-2::-1], strict=True):
        (kernel, _), (stride, _) = convolution.kernel_size, convolution.stride
        mask = mask * upper.sum(1, keepdim=True)
        pair = zip(size, mask.shape[2:], strict=True)
        remainder = tuple(full - (part - 1) * stride - kernel for full, part in pair)
        ones = torch.ones(1, 1, kernel, kernel, dtype=torch.float64)
        mask = F.conv_transpose2d(mask, ones, stride=stride, output_padding=remainder)
        remainders.append(remainder)
    assert remainders == [(0, 0), (0, 0), (1, 0), (0, 1), (1, 1)]
    close(seen, scaled(mask.detach()))


def test_pilot_net_knows_nothing_of_what_follows_the_maps(pilot: PilotNet, road: Tensor, seen: Tensor) -> None:
    before = pilot.steering.weight.data.clone()
    pilot.steering.weight.data.neg_()
    assert torch.equal(explain(pilot, road), seen)
    pilot.steering.weight.data.copy_(before)


CONVOLUTIONS: dict[str, tuple[nn.Module, ...]] = {
    "tall kernel": (nn.Conv2d(2, 3, (5, 2)), nn.ReLU(), nn.Conv2d(3, 3, (1, 3)), nn.ReLU()),
    "uneven stride": (nn.Conv2d(2, 3, 3, stride=(1, 2)), nn.ReLU(), nn.Conv2d(3, 3, 2, stride=(3, 1)), nn.ReLU()),
    "padding": (nn.Conv2d(2, 3, 3, padding=(2, 1), stride=2), nn.ReLU(), nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()),
    "dilation": (nn.Conv2d(2, 3, 3, dilation=(3, 1)), nn.ReLU(), nn.Conv2d(3, 3, 2, dilation=2), nn.ReLU()),
    "grouped": (nn.Conv2d(2, 4, 3, groups=2, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, groups=4), nn.ReLU()),
    "no relu": (nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 3, stride=2), nn.Conv2d(3, 2, 2), nn.ReLU()),
    "max pool": (nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.Conv2d(3, 3, 2), nn.ReLU(), nn.MaxPool2d(2)),
    "ceil mode": (nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True), nn.Conv2d(3, 3, 2), nn.ReLU()),
    "average pool": (nn.Conv2d(2, 3, 3), nn.ReLU(), nn.AvgPool2d((2, 1)), nn.Conv2d(3, 3, 2), nn.ReLU()),
    "relu after pool": (nn.Conv2d(2, 3, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(3, 3, 2), nn.ReLU()),
}


def chain(*layers: nn.Module) -> nn.Sequential:
    """A chain of layers and a linear layer, for inputs (n, 2, 12, 9)."""
    net = nn.Sequential(*deepcopy(layers), nn.Flatten(), nn.LazyLinear(3))
    net(torch.zeros(1, 2, 12, 9))
    made = networks.weighted(net)
    assert isinstance(made, nn.Sequential)
    for layer in made:
        if isinstance(layer, nn.Conv2d):
            layer.bias.data.abs_()  # a part of every map is above 0
    return made


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_chains_by_loops(name: str) -> None:
    """Height and width are not one another's, which the authors' code takes them for when kernels are not square."""
    net, x = chain(*CONVOLUTIONS[name]), networks.pictures(3, 12, 9)
    close(explain(net, x), by_loops(net[:-2], x))


def test_batch_norm_dropout_and_constants_stay_where_they_are() -> None:
    x = networks.pictures(3, 12, 9)
    net = chain(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout2d(), nn.Conv2d(3, 3, 2), nn.ReLU())
    expected = by_loops(net[:-2], x)
    close(explain(net, x), expected)

    class Written(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Tensor) -> Tensor:
            kept = F.relu(net[1](net[0]((x * 2 + 3 - 3) / 2)) + 0)
            return net[7](F.threshold(net[4](kept.neg().neg()), 0, 0).reshape(len(x), -1))

    close(explain(Written(), x), expected)


@pytest.mark.parametrize("style", networks.STYLES)
@pytest.mark.parametrize("variant", networks.VARIANTS)
def test_functional_reused_and_in_place_rectifiers_are_modules(style: str, variant: str) -> None:
    x, options = networks.pictures(), networks.VARIANTS[variant]
    expected = explain(networks.net(**options), x)
    assert expected.std() > 0
    close(explain(networks.net(networks.STYLES[style](), **options), x), expected)


def test_only_the_first_rectifier_after_a_convolution_counts() -> None:
    x = networks.pictures(3, 12, 9)
    net = chain(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 3, 2), nn.ReLU())
    again = nn.Sequential(nn.ReLU(), *net[:2], nn.ReLU(), net[2], nn.ReLU(), *net[3:])
    shown = explain(net, x.abs())
    close(explain(again, x.abs()), shown)


@torch.no_grad()
def test_residual_network_by_hand() -> None:
    net, x = networks.net(skip=True, pool=True), networks.pictures()
    kept = net.first(x).relu()
    summed = (net.second(kept) + kept).relu()
    top = net.top(net.maps(x))  # the last convolution and its ReLU, flattened
    assert top.shape == (3, 3)
    mask = through(net.last, net.maps(x).relu().mean(1, keepdim=True), (5, 3))
    mask = spread(mask, (9, 6), (3, 3), (2, 2), ONES, ONES) * summed.mean(1, keepdim=True)
    mask = (mask + through(net.second, mask, (9, 6))) * kept.mean(1, keepdim=True)
    close(explain(net, x), scaled(through(net.first, mask, (9, 6))))


class Branches(nn.Module):
    """Two convolutions and an average pool side by side, concatenated, and a map that nothing looks at."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.tall, self.aside = nn.Conv2d(2, 3, (1, 3)), nn.Conv2d(2, 2, (3, 1)), nn.Conv2d(2, 2, 1)
        self.head = nn.Linear(7, 3)

    def forward(self, x: Tensor) -> Tensor:
        self.aside(x).relu()
        wide, tall = F.relu(self.wide(F.pad(x, (1, 1)))), F.relu(self.tall(F.pad(x, (0, 0, 1, 1))))
        return self.head(torch.cat([wide, tall, F.avg_pool2d(x, 3, 1, 1)], 1).mean((2, 3)))


@torch.no_grad()
def test_concatenated_branches_by_hand() -> None:
    net, x = networks.weighted(Branches()), networks.pictures()
    wide, tall = net.wide(F.pad(x, (1, 1))).relu(), net.tall(F.pad(x, (0, 0, 1, 1))).relu()
    mask = spread(wide.mean(1, keepdim=True), (9, 6), (1, 3), ONES, (0, 1), ONES)
    mask = mask + spread(tall.mean(1, keepdim=True), (9, 6), (3, 1), ONES, (1, 0), ONES)
    mask = mask + spread(torch.ones_like(mask), (9, 6), (3, 3), ONES, ONES, ONES)
    close(explain(net, x), scaled(mask))


@pytest.mark.parametrize(
    "end",
    [
        lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1),
        lambda x: x.mean((2, 3)),
        lambda x: x.mean((2, 3), keepdim=True).squeeze(-1).squeeze(-1),
        lambda x: torch.amax(x, (-1, -2)),
        lambda x: F.adaptive_max_pool2d(x, (5, 1)).sum((2, 3)),
        lambda x: F.avg_pool2d(x, x.shape[2:]).view(len(x), -1),
    ],
)
def test_however_maps_end_they_end_with_ones(end: Callable[[Tensor], Tensor]) -> None:
    net, x = chain(*CONVOLUTIONS["no relu"][:2], nn.AdaptiveAvgPool2d(1)), networks.pictures(3, 12, 9)

    class Ended(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Tensor) -> Tensor:
            return net[4](end(net[:2](x)))

    close(explain(Ended(), x), by_loops(net[:2], x))


def test_every_class_has_the_same_map() -> None:
    net, x = networks.net(pool=True, norm=True), networks.pictures()
    maps = [explain(net, x, torch.full((3,), c)) for c in range(3)]
    assert torch.equal(maps[0], maps[1])
    assert torch.equal(maps[0], maps[2])
    net.head.weight.data.normal_(generator=torch.Generator().manual_seed(8))
    assert torch.equal(explain(net, x), maps[0])


def test_the_scale_of_a_bias_free_convolution_does_not_matter() -> None:
    net, x = chain(*CONVOLUTIONS["padding"]), networks.pictures(3, 12, 9)
    for layer in (net[0], net[2]):
        layer.bias.data.zero_()
    expected = explain(net, x)
    net[0].weight.data *= 1e3
    net[2].weight.data /= 7
    close(explain(net, x), expected)


@pytest.mark.parametrize("steps", [(1, 0), (-1, 2)])
def test_a_shift_by_the_total_stride_shifts_the_map_in_the_interior(steps: Pair) -> None:
    net = nn.Sequential(
        *(nn.Conv2d(2, 3, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 3, 3), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)),
    )
    networks.weighted(net)
    x = torch.zeros(1, 2, 64, 72, dtype=torch.float64)
    x[:, :, 28:36, 32:40] = networks.pictures(1, 8, 8)
    shift = tuple(4 * step for step in steps)
    found = explain(net, x.roll(shift, (2, 3)))
    expected = explain(net, x).roll(shift, (2, 3))
    inside = (..., slice(20, 44), slice(24, 48))
    torch.testing.assert_close(found[inside], expected[inside], rtol=0, atol=1e-12)
    assert expected[inside].std() > 0.05


@pytest.mark.parametrize("shift", [(1, 0), (-3, 2)])
def test_a_shift_on_a_torus_shifts_the_map(shift: Pair) -> None:
    def convolution(channels: int) -> nn.Module:
        return nn.Conv2d(channels, 3, 3, padding=1, padding_mode="circular")

    layers = [convolution(2), nn.ReLU(), convolution(3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    net, x = networks.weighted(nn.Sequential(*layers)), networks.pictures()
    moved = VisualBackProp().attribute(net, x.roll(shift, (2, 3)), 0, domain=ImageDomain())
    close(moved, VisualBackProp().attribute(net, x, 0, domain=ImageDomain()).roll(shift, (2, 3)))


def test_a_map_without_any_difference_is_zero() -> None:
    net, x = networks.net(), networks.pictures()
    net.first.weight.data.zero_()
    net.first.bias.data.fill_(-1.0)
    assert torch.equal(explain(net, x), torch.zeros(3, 1, 9, 6, dtype=torch.float64))


def test_one_forward_pass_a_sample_and_none_back(
    open_query: Callable[..., object], passes_of: Callable[..., object]
) -> None:
    passes = passes_of(VisualBackProp(), open_query(networks.net(), networks.pictures(), TARGETS, rows=2))
    assert (passes.forward, passes.backward) == ([2, 1], [])


def test_works_under_inference_mode() -> None:
    net, x = networks.net(), networks.pictures()
    expected = explain(net, x)
    with torch.inference_mode():
        assert torch.equal(explain(net, x * 1.0), expected)


def test_no_feature_map_stays_in_memory() -> None:
    class Watched(networks.Net):
        def maps(self, x: Tensor) -> Tensor:
            made = super().maps(x)
            self.last_maps = weakref.ref(made)
            return made

    net = networks.weighted(Watched(networks.modules()))
    gc.disable()
    try:
        explain(net, networks.pictures())
        assert net.last_maps() is None
    finally:
        gc.enable()


class Excited(nn.Module):
    """Squeeze and excitation: `gate` of the means, times the maps."""

    def __init__(self, gate: Callable[[Tensor], Tensor], keep: bool) -> None:
        super().__init__()
        self.conv, self.dense, self.head = nn.Conv2d(2, 3, 3), nn.Linear(3, 3), nn.Linear(3, 3)
        self.gate, self.keep = gate, keep

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x).relu()
        if self.keep:
            return self.head((maps * self.gate(maps.mean((2, 3), keepdim=True))).mean((2, 3)))
        return self.head((maps * self.gate(self.dense(maps.mean((2, 3)))).view(-1, 3, 1, 1)).mean((2, 3)))


class Opaque(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, upper: Tensor) -> Tensor:
        return upper * 2


class Body(nn.Module):
    """A convolution with a ReLU, `operation`, and the mean of each map."""

    def __init__(self, operation: Callable[[Tensor], Tensor], convolution: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3) if convolution else nn.Identity()
        self.operation = operation
        self.again = nn.Conv2d(4, 4, 1)
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.operation(F.relu(self.conv(x))).mean((2, 3)))


def quiet(x: Tensor) -> Tensor:
    with torch.no_grad():
        return x * 2


@pytest.mark.parametrize(
    ("net", "reason"),
    [
        (Body(F.gelu), "ReLU and ReLU6, not for 'gelu'"),
        (Body(nn.SiLU(inplace=True)), "ReLU and ReLU6, not for 'silu' (in module 'operation')"),
        (Body(nn.LeakyReLU()), "not for 'leaky_relu'"),
        (Body(nn.Hardtanh()), "'hardtanh' between -1.0 and 1.0 is no rectifier"),
        (Excited(torch.sigmoid, True), "not for 'sigmoid'"),
        (Excited(torch.relu, True), "'mul' of a feature map and something else that depends on the input"),
        (Excited(torch.sigmoid, False), "'mul' mixes feature maps with what is none"),
        (Body(lambda x: F.pixel_shuffle(x, 2).expand(-1, 4, -1, -1)), "'pixel_shuffle'"),
        (Body(nn.ConvTranspose2d(4, 4, 2)), "'conv_transpose2d'"),
        (Body(nn.Upsample(scale_factor=2)), "'interpolate'"),
        (Body(nn.AdaptiveAvgPool2d(3)), "'adaptive_avg_pool2d' from (4, 7, 4) to (4, 3, 3) does not divide"),
        (Body(nn.MaxPool2d(2, dilation=2)), "'max_pool2d' with dilation=2"),
        (Body(lambda x: x[:, :4]), "'getitem'"),
        (Body(lambda x: torch.cat([x, x])[: len(x)]), "how 'cat' spreads"),
        (Body(lambda x: x + x.mean((2, 3), keepdim=True)), "'add' from (3, 4, 1, 1) to (3, 4, 7, 4) broadcasts"),
        (Body(lambda x: F.pad(x, (0, 0, 0, 0, 1, 0))[:, 1:]), "'pad' over channels"),
        (Body(lambda x: F.dropout(x)), "'dropout' drops values at random"),
        (Body(quiet), "'mul' runs where gradients are switched off"),
        (Body(Opaque.apply), "'mul' runs where gradients are switched off (torch.no_grad, a custom autograd function)"),
        (Body(lambda x: x, convolution=False), "no convolution with a ReLU or ReLU6 after it"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_has_no_rule_is_refused_by_name(net: nn.Module, reason: str) -> None:
    if isinstance(net, Body) and isinstance(net.conv, nn.Identity):
        net.head = nn.Linear(2, 3)
    with pytest.raises(Unsupported) as refusal:
        explain(networks.weighted(net), networks.pictures(), TARGETS)
    assert reason in str(refusal.value)


def test_a_convolution_of_what_left_the_maps_is_refused() -> None:
    class Shuffled(nn.Module):
        """Channels in another order by a detour over five dimensions."""

        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.head = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 3), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            kept = self.one(x).relu()
            mixed = kept.view(len(x), 2, 2, *kept.shape[2:]).transpose(1, 2).reshape(kept.shape)
            return self.head(self.two(mixed).relu().mean((2, 3)))

    with pytest.raises(Unsupported, match=r"'conv2d' reads what is not made of feature maps .* \(in module 'two'\)"):
        explain(networks.weighted(Shuffled()), networks.pictures(), TARGETS)
