"""rho: the definition written out, what it must be for known signals, and what it refuses."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import whybench
from whybench.cases import open_case
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Gradient, PatternAttribution, PatternNet
from whybench.methods.attribution.patterns.method import watched
from whybench.metrics.attribution import PatternQuality
from whybench.protocols import AttributionMethod, Case, Model, Training
from whybench.protocols.asking import sample_ids, wrap
from whybench.streams import Streams


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filled(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    for parameter in module.double().parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    return module.eval().requires_grad_(False)


@dataclass(frozen=True)
class Given(PatternNet):
    """Signals that are told instead of estimated: the weights -> the pattern of both regimes."""

    name: ClassVar[str] = "given"

    rule: Callable[[Tensor], Tensor] = torch.zeros_like

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        assert model.training is not None
        layers = watched(model, model.training.inputs[:1])
        return {f"{one.name}.{part}": self.rule(one.weight) for one in layers for part in ("active", "inactive")}


def filters(weight: Tensor) -> Tensor:
    """S_w(x) = w y / |w|^2."""
    return weight / weight.square().flatten(1).sum(1).reshape(-1, *[1] * (weight.ndim - 1))


def opened(module: nn.Module, inputs: Tensor, training: Tensor, method: AttributionMethod, rows: int = 64) -> Case[Any]:
    labels = torch.zeros(len(training), dtype=torch.int64)
    model = replace(wrap(module, inputs), training=Training(training, labels))
    targets = torch.zeros(len(inputs), dtype=torch.int64)
    return open_case(method, model, inputs, targets, ids=sample_ids(len(inputs)), rows=rows)


def by_definition(
    read: Callable[[Tensor], Tensor],
    weight: Tensor,
    bias: Tensor,
    patterns: tuple[Tensor, Tensor],
    fit: Tensor,
    inputs: Tensor,
    ridge: float,
) -> np.ndarray[Any, Any]:
    """Each sample's part in a layer's rho, neuron by neuron; read: inputs -> patches (samples, positions, d)."""
    parts = []
    for k in range(len(weight)):
        w, a, b = (v[k].flatten().numpy() for v in (weight, *patterns))

        def split(samples: Tensor) -> tuple[Any, Any]:
            x = read(samples).numpy()
            y = x @ w  # noqa: B023
            signal = np.where(((y + bias[k].item()) > 0)[..., None], y[..., None] * a, y[..., None] * b)  # noqa: B023
            return y, x - signal

        y, left = split(fit)
        y, left = y.ravel(), left.reshape(-1, len(w))
        centred = left - left.mean(0)
        covariance = centred.T @ centred / len(y)
        penalty = ridge * np.trace(covariance) / len(w) * np.eye(len(w))
        v = np.linalg.solve(covariance + penalty, centred.T @ (y - y.mean()) / len(y))
        r = left @ v
        now, rest = split(inputs)
        parts.append(((now - y.mean()) / y.std() * (rest @ v - r.mean()) / r.std()).mean(1))
    found: np.ndarray[Any, Any] = 1 - np.mean(parts, axis=0)
    return found


@pytest.mark.parametrize("estimator", ["two_component", "linear"])
@pytest.mark.parametrize("rows", [5, 64])
def test_the_definition(rows: int, estimator: Any) -> None:
    first, top = filled(nn.Conv2d(2, 3, 2, padding=1, stride=2)), filled(nn.Linear(27, 2))
    net = nn.Sequential(first, nn.ReLU(), nn.Flatten(), top)
    training, inputs = drawn(41, 2, 4, 4), drawn(7, 2, 4, 4, seed=3)
    method = PatternNet(estimator)
    case = opened(net, inputs, training, method, rows)
    scores = PatternQuality(ridge=0.1).score(case)

    half = replace(case.model, training=Training(training[::2], torch.zeros(21, dtype=torch.int64)))
    patterns = method.prepare(half, Streams(0), 64)

    def of(name: str) -> tuple[Tensor, Tensor]:
        return patterns[f"{name}.active"], patterns[f"{name}.inactive"]

    def windows(x: Tensor) -> Tensor:
        return F.unfold(x, 2, padding=1, stride=2).mT

    expected = {
        "0.conv2d": by_definition(windows, first.weight, first.bias, of("0.conv2d"), training[1::2], inputs, 0.1),
        "1.linear": by_definition(
            lambda x: net[:3](x)[:, None], top.weight, top.bias, of("1.linear"), training[1::2], inputs, 0.1
        ),
    }
    assert list(scores.details) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(scores.details[name].numpy(), values, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(scores.values.numpy(), np.mean(list(expected.values()), axis=0), rtol=1e-9, atol=1e-9)


# Kindermans' toy: x = s (1, 0) + e (1, 1) and y = s = w.x with w = (1, -1), s and e of variance 1 without correlation

GRID = list(itertools.product([-1.0, 1.0], [-1.0, 1.0]))
TOY = torch.tensor([[s + e, e] for s, e in GRID for _ in range(2)]).double()  # even and odd rows are alike
SAMPLES = TOY[::2]


@pytest.fixture
def toy() -> nn.Linear:
    layer = filled(nn.Linear(2, 1, bias=False))
    layer.weight.data = torch.tensor([[1.0, -1.0]]).double()
    assert isinstance(layer, nn.Linear)
    return layer


@pytest.mark.parametrize(
    ("rule", "rho"),
    [
        (torch.zeros_like, 0.0),
        (filters, 1 - 0.2**0.5),  # the residual of w y / 2 is s/2 + e twice
        (lambda weight: torch.tensor([[1.0, 0.0]]).double(), 1.0),
    ],
    ids=["nothing", "filter", "true signal"],
)
def test_known_signals_of_the_toy(toy: nn.Linear, rule: Callable[[Tensor], Tensor], rho: float) -> None:
    scores = PatternQuality(ridge=1e-12).score(opened(toy, SAMPLES, TOY, Given(rule=rule)))
    assert scores.values.mean().item() == pytest.approx(rho, abs=1e-9)


@pytest.mark.parametrize("estimator", ["two_component", "linear"])
def test_estimated_signals_of_the_toy_are_as_good_as_the_true_one(toy: nn.Linear, estimator: Any) -> None:
    scores = PatternQuality().score(opened(toy, SAMPLES, TOY, PatternNet(estimator)))
    assert scores.values.tolist() == pytest.approx([1.0] * 4, abs=1e-12)


def test_with_many_samples_rho_ranks_nothing_the_filter_and_the_patterns() -> None:
    net = filled(nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2)))
    mixing = drawn(6, 6, seed=4)
    training, inputs = drawn(4000, 6) @ mixing, drawn(2000, 6, seed=5) @ mixing
    methods = (Given(), Given(rule=filters), PatternNet("linear"), PatternNet())
    nothing, filtered, linear, both = (
        PatternQuality().score(opened(net, inputs, training, method)).values.mean().item() for method in methods
    )
    assert nothing == pytest.approx(0.0, abs=0.05)
    assert linear == pytest.approx(1.0, abs=0.05)
    assert both == pytest.approx(1.0, abs=0.05)
    assert nothing + 0.1 < filtered < linear - 0.1


@pytest.mark.parametrize("estimator", ["two_component", "linear"])
def test_patterns_leave_no_covariance_on_their_own_samples(estimator: Any) -> None:
    """Why v is fitted to others: on these there is nothing to regress but rounding errors."""
    layer, x = filled(nn.Linear(5, 3)), drawn(40, 5) + 0.3
    case = opened(layer, x, x, PatternNet(estimator))
    method = PatternNet(estimator)
    (neurons,) = next(method.neurons(case.model, x, method.prepare(case.model, Streams(0), 64), 64))
    z = layer(x)
    y = z - layer.bias
    for k in range(3):
        pattern = torch.where((z[:, k] > 0)[:, None], neurons.active[0, k], neurons.inactive[0, k])
        left = x - y[:, k, None] * pattern
        covariance = (left - left.mean(0)).T @ (y[:, k] - y[:, k].mean()) / 40
        assert covariance.abs().max() < 1e-13


def test_the_score_of_a_sample_does_not_depend_on_its_company() -> None:
    net = filled(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2)))
    training, inputs = drawn(30, 2, 4, 4), drawn(5, 2, 4, 4, seed=2)
    together = PatternQuality().score(opened(net, inputs, training, PatternNet())).values
    order = [3, 0, 4, 2, 1]
    swapped = PatternQuality().score(opened(net, inputs[order], training, PatternNet(), rows=2)).values
    alone = torch.cat([PatternQuality().score(opened(net, one[None], training, PatternNet())).values for one in inputs])
    torch.testing.assert_close(swapped, together[order], rtol=0, atol=1e-10)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-10)


def test_it_judges_patterns_and_not_what_is_made_of_them() -> None:
    net, training, inputs = filled(nn.Linear(4, 2)), drawn(20, 4), drawn(3, 4, seed=2)
    one, other = (PatternQuality().score(opened(net, inputs, training, m())) for m in (PatternNet, PatternAttribution))
    assert torch.equal(one.values, other.values)


def test_constant_neurons_are_left_out() -> None:
    layer, training, inputs = filled(nn.Linear(4, 3)), drawn(20, 4), drawn(3, 4, seed=2)
    layer.weight.data[1] = 0
    less = filled(nn.Linear(4, 2))
    less.weight.data, less.bias.data = layer.weight[[0, 2]], layer.bias[[0, 2]]
    scores = [PatternQuality().score(opened(net, inputs, training, PatternNet())).values for net in (layer, less)]
    torch.testing.assert_close(*scores, rtol=0, atol=1e-12)
    layer.weight.data.zero_()
    with pytest.raises(Unsupported, match="no neuron of model 'model' varies"):
        PatternQuality().score(opened(layer, inputs, training, PatternNet()))


def test_a_neuron_that_reads_one_value_leaves_nothing_over() -> None:
    layer = filled(nn.Conv2d(3, 3, 1, groups=3))
    net = nn.Sequential(layer, nn.Flatten())
    scores = PatternQuality().score(opened(net, drawn(4, 3, 2, 2), drawn(12, 3, 2, 2, seed=1), PatternNet()))
    assert scores.values.tolist() == [1.0] * 4


def test_what_is_refused() -> None:
    net, training, inputs = filled(nn.Linear(4, 2)), drawn(20, 4), drawn(3, 4, seed=2)
    with pytest.raises(Unsupported, match="judges signals of neurons; gradient estimates none"):
        PatternQuality().score(opened(net, inputs, training, Gradient()))
    with pytest.raises(Unsupported, match="needs 4 training samples"):
        PatternQuality().score(opened(net, inputs, training[:3], PatternNet()))
    with pytest.raises(BadParameter, match="ridge=0"):
        PatternQuality(ridge=0.0)


def test_on_a_board() -> None:
    net, training, inputs = filled(nn.Linear(4, 2)), drawn(20, 4), drawn(6, 4, seed=2)
    methods, metrics = ["pattern_net", "pattern_net(estimator='linear')", "gradient"], ["pattern_quality"]
    board = whybench.evaluate(net, inputs, methods=methods, metrics=metrics, training=training)
    assert [(r.subject.method, r.status) for r in board.records] == [
        ("gradient", "unsupported"),
        ("pattern_net", "ok"),
        ("pattern_net", "ok"),
    ]


def test_inverted_controls_learn_where_their_method_does() -> None:
    net, training, inputs = filled(nn.Linear(4, 2)), drawn(20, 4), drawn(6, 4, seed=2)
    methods = ["inverted('pattern_attribution')", "inverted('gradient')"]
    board = whybench.evaluate(net, inputs, methods=methods, metrics=["pixel_flipping"], training=training)
    assert {r.status for r in board.records} == {"ok"}
