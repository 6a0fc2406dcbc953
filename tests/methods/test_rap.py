"""RAP: the definition in loops, its laws layer by layer, one function built in two ways, and known mistakes."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch
from top_down_nets import WAYS, Definition, Rows, inputs, made
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.methods.attribution import Rap, rap
from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.backpropagation.exact import Products, portion
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.methods.attribution.backpropagation.rules import Rule

TARGETS = torch.tensor([0, 2, 1])
LOW, HIGH = -4.0, 3.0


def absolute(a: list[float], weight: Rows, relevance: list[float]) -> list[float]:
    """R_j = sum_k |z_jk| / sum_i |z_ik| R_k."""
    found = [0.0] * len(a)
    for row, upper in zip(weight, relevance, strict=True):
        influence = [abs(value * w) for value, w in zip(a, row, strict=True)]
        for j, one in enumerate(influence):
            if one > 0:
                found[j] += upper * one / sum(influence)
    return found


def relative(a: list[float], weight: Rows, relevance: list[float]) -> list[float]:
    """All to the positive contributions, their share once more to the negative ones, then the uniform shift."""
    found = [0.0] * len(a)
    for row, upper in zip(weight, relevance, strict=True):
        z = [value * w for value, w in zip(a, row, strict=True)]
        up, down = sum(v for v in z if v > 0), -sum(v for v in z if v < 0)
        for j, v in enumerate(z):
            if v > 0:
                found[j] += upper * v / up
            elif v < 0:
                found[j] += upper * (down / (up + down)) * (-v / down)
    active = [j for j, one in enumerate(found) if one != 0]
    surplus = sum(found) - sum(relevance)
    for j in active:
        found[j] -= surplus / len(active)
    return found


def z_box(x: list[float], weight: Rows, relevance: list[float]) -> list[float]:
    found = [0.0] * len(x)
    for row, upper in zip(weight, relevance, strict=True):
        terms = [v * w - LOW * max(w, 0.0) - HIGH * min(w, 0.0) for v, w in zip(x, row, strict=True)]
        for j, term in enumerate(terms):
            found[j] += upper * term / sum(terms)
    return found


def w_square(x: list[float], weight: Rows, relevance: list[float]) -> list[float]:
    found = [0.0] * len(x)
    for row, upper in zip(weight, relevance, strict=True):
        for j, w in enumerate(row):
            found[j] += upper * w**2 / sum(v**2 for v in row)
    return found


def absolute_shares(values: list[float], upper: float) -> list[float]:
    total = sum(abs(value) for value in values)
    return [upper * abs(value) / total if total > 0 else 0.0 for value in values]


@pytest.mark.parametrize(
    ("bounds", "first"), [((LOW, HIGH), z_box), (None, w_square)], ids=["with bounds", "without bounds"]
)
def test_by_definition_in_every_way_to_call_a_rectifier(
    bounds: tuple[float, float] | None, first: Callable[..., list[float]]
) -> None:
    net, x = made(), inputs()
    definition = Definition(absolute, relative, first, absolute_shares)
    logits = net(x).gather(1, TARGETS[:, None]).squeeze(1).tolist()
    assert min(logits) < 0 < max(logits)
    rows = zip(x, TARGETS.tolist(), logits, strict=True)
    reference = torch.cat([definition.relevance(net, row[None], t, logit) for row, t, logit in rows])
    for way in WAYS.values():
        found = Rap().attribute(made(*way()), x, TARGETS, bounds=bounds)
        torch.testing.assert_close(found, reference, atol=1e-11, rtol=0)


def test_sums_to_the_explained_output() -> None:
    """Over skips, pools and BatchNorm, at both signs of the output."""
    net, x = made(), inputs(8)
    for target in range(3):
        relevance = Rap().attribute(net, x, target, bounds=(LOW, HIGH))
        torch.testing.assert_close(relevance.flatten(1).sum(1), net(x)[:, target].detach(), atol=1e-10, rtol=0)


def test_sums_to_the_explained_output_where_batch_norm_follows_a_pool() -> None:
    """With no layer right before or after it, whose part it could be."""
    layers = [nn.Conv2d(2, 4, 3), nn.ReLU(), nn.AvgPool2d(2), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, (2, 1))]
    net = nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), nn.Linear(4, 3)).double().eval()
    draw = torch.Generator().manual_seed(5)
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
    relevance = Rap().attribute(net, inputs(), TARGETS, bounds=(LOW, HIGH)).flatten(1).sum(1)
    torch.testing.assert_close(relevance, net(inputs())[range(3), TARGETS].detach(), atol=1e-10, rtol=0)


def test_values_beyond_the_bounds_count_as_the_bound() -> None:
    net, x = made(), inputs()
    beyond = Rap().attribute(net, x, TARGETS, bounds=(-0.5, 0.5))
    logits = net(x).gather(1, TARGETS[:, None]).squeeze(1).detach()
    torch.testing.assert_close(beyond.flatten(1).sum(1), logits, atol=1e-10, rtol=0)


@dataclass
class Steps:
    """What went into each layer's rule and came out, from the top down."""

    names: list[str] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    upper: list[Tensor] = field(default_factory=list)
    lower: list[Tensor] = field(default_factory=list)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    seen = Steps()

    def watched(own: Rule) -> Rule:
        def rule(layer: Layer, relevance: Tensor) -> Tensor:
            result = own(layer, relevance)
            seen.names.append(own.__name__)
            seen.layers.append(layer)
            seen.upper.append(relevance)
            seen.lower.append(result)
            return result

        return rule

    for own in (rap.absolute, rap.relative, rap.bounded):
        monkeypatch.setattr(rap, own.__name__, watched(own))
    return seen


def test_every_layer_keeps_its_sum_and_its_silent_units(steps: Steps) -> None:
    Rap().attribute(made(), inputs(), TARGETS, bounds=(LOW, HIGH))
    assert steps.names == ["absolute", "relative", "relative", "relative", "bounded"]
    for upper, lower in zip(steps.upper, steps.lower, strict=True):
        torch.testing.assert_close(lower.flatten(1).sum(1), upper.flatten(1).sum(1), atol=1e-10, rtol=0)
    for layer, lower in zip(steps.layers[:-1], steps.lower[:-1], strict=True):
        assert (layer.inputs == 0).any()
        assert (lower[layer.inputs == 0] == 0).all()


def test_the_first_step_has_one_sign_and_later_ones_have_both(steps: Steps) -> None:
    net, x = made(), inputs()
    Rap().attribute(net, x, TARGETS)
    sign = net(x).gather(1, TARGETS[:, None]).sign()
    assert (steps.lower[0] * sign >= 0).all()
    assert all((lower < 0).any() and (lower > 0).any() for lower in steps.lower[1:4])


def test_the_shift_is_one_number_a_sample_taken_from_active_units(steps: Steps) -> None:
    Rap().attribute(made(), inputs(), TARGETS)
    for layer, upper, lower in zip(steps.layers[1:4], steps.upper[1:4], steps.lower[1:4], strict=True):
        positive, negative = Products.positive(layer), Products.negative(layer)
        before = positive.pull(portion(upper, positive.total))
        before = before + negative.pull(portion(upper, positive.total + negative.total))
        for one, other in zip(before, lower, strict=True):
            shift = (one - other)[one != 0]
            assert shift.std() < 1e-12
            assert shift.abs().min() > 1e-4
            assert (other[one == 0] == 0).all()


def test_positive_weights_are_z_plus_and_nothing_is_shifted(steps: Steps) -> None:
    net = made()
    for parameter in net.parameters():
        parameter.data.abs_()
    Rap().attribute(net, inputs(), TARGETS)
    for layer, upper, lower in zip(steps.layers[1:4], steps.upper[1:4], steps.lower[1:4], strict=True):
        torch.testing.assert_close(lower, rules.z_plus(layer, upper, stabiliser=0.0), atol=1e-10, rtol=0)


def test_a_convolution_as_large_as_its_input_is_a_linear_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the released code negative relevance takes another way through convolutions than through linear layers."""
    linear, x = made(), inputs()
    convolution = copy.deepcopy(linear)
    kernel = nn.Conv2d(4, 10, (3, 2)).double()
    kernel.weight.data, kernel.bias = linear.hidden.weight.data.reshape(10, 4, 3, 2), linear.hidden.bias
    convolution.hidden = nn.Sequential(nn.Unflatten(1, (4, 3, 2)), kernel, nn.Flatten())
    torch.testing.assert_close(convolution(x), linear(x), atol=1e-12, rtol=0)
    one, other = (Rap().attribute(net, x, TARGETS) for net in (linear, convolution))
    torch.testing.assert_close(one, other, atol=1e-11, rtol=0)

    own = rap.relative

    def as_released(layer: Layer, relevance: Tensor) -> Tensor:
        if not layer.convolution:
            return own(layer, relevance)
        positive, negative = Products.positive(layer), Products.negative(layer)
        above, below = relevance.clamp(min=0), relevance.clamp(max=0)
        every = portion(relevance, positive.total + negative.total)
        raw = positive.pull(portion(above, positive.total)) + negative.pull(portion(below, negative.total) + every)
        return rap.shifted(raw, relevance)

    monkeypatch.setattr(rap, "relative", as_released)
    one, other = (Rap().attribute(net, x, TARGETS) for net in (linear, convolution))
    assert (one - other).abs().max() > 0.01 * one.abs().max()


def test_the_map_is_proportional_to_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the largest relevance of an inner layer is 1, by which the released code knows the first step."""
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 2, bias=False), nn.ReLU())
    net.append(nn.Linear(2, 1, bias=False)).double()
    net[0].weight.data.copy_(torch.tensor([[2.0, 1.0], [1.0, -0.5]]))
    net[2].weight.data.copy_(torch.tensor([[1.0, -4.0], [2.0, -10.0]]))
    x = torch.ones(1, 2, dtype=torch.float64)

    def maps() -> Tensor:
        found = []
        for scale in (1.0, 0.5, -2.0):
            net[4].weight.data.copy_(torch.tensor([[scale, scale]]))
            found.append(Rap().attribute(net, x, bounds=(-1.0, 2.0)) / scale)
        return torch.cat(found)

    right, own = maps(), rap.relative
    torch.testing.assert_close(right, right[:1].expand(3, -1), atol=1e-12, rtol=0)
    monkeypatch.setattr(rap, "relative", lambda lay, up: (rap.absolute if up.max() == 1 else own)(lay, up))
    gaps = (maps() - right).abs().amax(1)
    assert gaps[0] > 0.05
    assert gaps[1:].tolist() == [0.0, 0.0]


def test_batch_norm_is_folded_by_the_standard_deviation() -> None:
    """The released code divides by the variance, which leaves another network to explain."""
    net, x = made(), inputs()
    norm, twin = net.norm, copy.deepcopy(net)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    twin.norm = nn.Identity()  # type: ignore[assignment]
    found = Rap().attribute(net, x, TARGETS, bounds=(LOW, HIGH))
    for deviation, right in (((norm.running_var + norm.eps).sqrt(), True), (norm.running_var, False)):
        gain = norm.weight / deviation
        twin.first.weight.data = net.first.weight * gain[:, None, None, None]
        twin.first.bias = nn.Parameter((net.first.bias - norm.running_mean) * gain + norm.bias)
        gap = (Rap().attribute(twin, x, TARGETS, bounds=(LOW, HIGH)) - found).abs().max()
        assert (gap < 1e-12) if right else (gap > 0.1 * found.abs().max())


def test_channels_do_not_make_a_layer_the_first(steps: Steps) -> None:
    """The released code takes every convolution of three channels for the one that reads the image."""
    layers = [nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2)]
    Rap().attribute(nn.Sequential(*layers).double(), torch.full((1, 1, 6, 6), 0.5).double(), 0, bounds=(0.0, 1.0))
    assert steps.names == ["absolute", "relative", "bounded"]


def test_the_box_is_the_domains_and_not_the_images() -> None:
    net, x = made(), inputs(1)
    one = Rap().attribute(net, x, 0, bounds=(LOW, HIGH))
    other = Rap().attribute(net, x, 0, bounds=(float(x.min()), float(x.max())))
    assert (one - other).abs().max() > 0.01 * one.abs().max()


def test_a_single_layer_goes_by_absolute_influence() -> None:
    linear = nn.Linear(3, 1, dtype=torch.float64)
    linear.weight.data.copy_(torch.tensor([[2.0, -1.0, 5.0]]))
    linear.bias.data.fill_(3.0)
    x = torch.tensor([[1.0, 2.0, 0.0]], dtype=torch.float64)
    assert Rap().attribute(linear, x, bounds=(0.0, 2.0)).tolist() == [[1.5, 1.5, 0.0]]


@pytest.mark.parametrize(
    ("refused", "name"),
    [(nn.GELU(), "gelu"), (nn.SiLU(), "silu"), (nn.LayerNorm(8), "layer_norm"), (nn.Softmax(1), "softmax")],
    ids=["gelu", "silu", "layer_norm", "softmax"],
)
def test_what_has_no_rule_is_refused_by_name(refused: nn.Module, name: str) -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), refused, nn.Linear(8, 3)).double()
    with pytest.raises(Unsupported) as refusal:
        Rap().attribute(net, torch.ones(1, 4, dtype=torch.float64), 1)
    assert f"no rule for '{name}' (in module '3')" in str(refusal.value)


class SequenceFirst(nn.Module):
    """Runs over (steps, samples, columns) inside."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.top = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.top(self.one(x.unflatten(1, (3, 4)).transpose(0, 1)).relu().mean(0))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_samples_that_leave_the_first_dimension_are_refused(count: int) -> None:
    """Also where there are as many steps as samples, so that lengths do not tell."""
    with pytest.raises(Unsupported, match="takes samples apart or moves them"):
        Rap().attribute(SequenceFirst().double(), torch.ones(count, 12, dtype=torch.float64), 1)
