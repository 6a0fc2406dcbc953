"""Outputs that no map has any influence on: forwarded once for all methods, counted exactly, leaving no trace."""

from dataclasses import dataclass
from math import comb
from typing import Any, ClassVar

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear

from whybench import evaluate
from whybench.domains import ImageDomain
from whybench.metrics.attribution import (
    FaithfulnessCorrelation,
    FaithfulnessEstimate,
    Infidelity,
    MonotonicityCorrelation,
    SensitivityN,
)
from whybench.protocols import AttributionMethod, Query

IMAGES, MAPS = draw(4, 1, 6, 6), draw(4, 1, 6, 6, seed=1)
METRICS = {
    "faithfulness_correlation": (FaithfulnessCorrelation(region=1, subsets=30), 30),
    "every subset once": (FaithfulnessCorrelation(region=3, subset=0.5, subsets=30), comb(4, 2)),
    "faithfulness_estimate": (FaithfulnessEstimate(region=1), 36),
    "sensitivity_n": (SensitivityN(region=1, sizes=3, subsets=30), 3 * 30),
    "monotonicity_correlation": (MonotonicityCorrelation(region=2, draws=4), 9 * 4),
    "infidelity": (Infidelity(side=0.5, draws=10), 10),
    "every square once": (Infidelity(side=0.5), 16),
    "infidelity of rates": (Infidelity("mean", perturbation="square_gradient", side=0.5, draws=10), 10),
    "infidelity under noise": (Infidelity(perturbation="noise", draws=10), 10),
}
each_metric = pytest.mark.parametrize("name", METRICS)


@dataclass(frozen=True)
class Pattern(AttributionMethod):
    """A map that costs no pass."""

    name: ClassVar[str] = "pattern"
    reference: ClassVar[str] = ""
    shift: int = 0

    def relevance(self, query: Query) -> torch.Tensor:
        return query.inputs.roll(self.shift, 3)


def counted(net: torch.nn.Module) -> list[int]:
    passes: list[int] = []
    net.register_forward_hook(lambda _module, inputs, _output: passes.append(len(inputs[0])))
    return passes


def tiny(module: torch.nn.Module, **options: Any):
    return case(module, IMAGES, MAPS, domain=ImageDomain(low=-2.0, high=2.0), **options)


@each_metric
def test_passes_are_one_a_draw_and_one_more_in_full_batches(name: str) -> None:
    metric, draws = METRICS[name]
    net = nonlinear(36)
    passes = counted(net)
    opened = tiny(net, rows=16)
    metric.score(opened)
    assert sum(passes) == 4 * (draws + 1)
    metric.score(opened)
    assert sum(passes) == 4 * (draws + 1)


@each_metric
def test_any_number_of_methods_costs_the_same(name: str) -> None:
    metric, draws = METRICS[name]
    costs = []
    for methods in (1, 3):
        net = nonlinear(36)
        passes = counted(net)
        chosen = {f"shift {k}": Pattern(k) for k in range(methods)}
        board = evaluate(net, IMAGES, [0] * 4, methods=chosen, metrics=[metric], bounds=(-2.0, 2.0))
        assert (board.scores["status"] == "ok").all()
        costs.append(sum(passes))
    assert costs[1] == costs[0]
    assert costs[0] >= 4 * (draws + 1)


def test_metrics_of_the_same_removals_share_them() -> None:
    net = nonlinear(36)
    passes = counted(net)
    opened = tiny(net)
    for metric in (
        FaithfulnessEstimate(region=1),
        FaithfulnessEstimate(region=1, correlation="spearman", output="probability"),
        MonotonicityCorrelation(region=1, infill="mean"),
        FaithfulnessCorrelation(region=1, subset=0.01),
    ):
        metric.score(opened)
    assert sum(passes) == 4 * 37
    Infidelity(side=0.5).score(opened)
    Infidelity(side=0.5, perturbation="square_gradient", scaled=False).score(opened)
    assert sum(passes) == 4 * (37 + 16)


@each_metric
def test_nothing_is_left_behind_also_where_the_model_raises(name: str) -> None:
    metric, _ = METRICS[name]
    net = torch.nn.Sequential(nonlinear(36), torch.nn.Dropout(0.5)).train()
    state, images, weights = torch.get_rng_state(), IMAGES.clone(), [p.clone() for p in net.parameters()]
    opened = tiny(net)
    again = metric.score(tiny(net)).values
    assert torch.equal(metric.score(opened).values, again)
    handle = net.register_forward_pre_hook(lambda *_: (_ for _ in ()).throw(RuntimeError("broken")))
    with pytest.raises(RuntimeError, match="broken"):
        metric.score(tiny(net))
    handle.remove()
    assert net.training
    assert net[1].training
    assert all(p.requires_grad for p in net.parameters())
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), weights, strict=True))
    assert not net._forward_hooks
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(IMAGES, images)


@each_metric
def test_float32_stays_float32_inside_and_gives_float64_scores(name: str) -> None:
    metric, _ = METRICS[name]
    seen = set()
    net = nonlinear(36, dtype=torch.float32)
    net.register_forward_hook(lambda _module, inputs, _output: seen.add(inputs[0].dtype))
    domain = ImageDomain(low=-2.0, high=2.0)
    single = metric.score(case(net, IMAGES.float(), MAPS.float(), domain=domain)).values
    assert seen == {torch.float32}
    assert single.dtype == torch.float64
    if name != "monotonicity_correlation":
        torch.testing.assert_close(single, metric.score(tiny(nonlinear(36))).values, rtol=1e-4, atol=1e-4)


def test_rows_are_channels_last_where_the_model_wants_them() -> None:
    seen = []

    class Spy(Additive):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append((len(x), x.is_contiguous(memory_format=torch.channels_last)))
            return super().forward(x)

    images = draw(2, 3, 6, 6)
    opened = case(Spy(draw(3, 6, 6)), images, images, channels_last=True)
    FaithfulnessEstimate(region=1).score(opened)
    assert all(last for count, last in seen if count > 2)
    assert any(count > 2 for count, _ in seen)
