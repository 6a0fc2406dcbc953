"""Metrics that cost more than a sweep: beside their own passes at the best batch and layout, and beside peers.

64 digits and maps without ties, or, where a metric explains again, the gradient. The peers do the same number of passes
where that can be asked for; what both did is counted. Metrics that explain again stand beside a loop of that one metric
by hand (`by_hand.py`), too: a few small passes can take less than all else that the definition asks for. The same for
all 359 digits, without the peers, shows how much of that is paid once.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import by_hand
import pytest
import torch
from captum import metrics
from conftest import PUBLISHED, Against, Passes, Place, Work, opened, unshared
from ideal import ideal
from peers import quantus_metric, quiet
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

from whybench.meter import Meter
from whybench.protocols import Case
from whybench.suite import metric

PERCENTAGES = [10, 30, 50, 70, 90]
DRAWS, RADIUS, NOISE = 10, 0.02, 0.1
MANY = 359

Peer = Callable[[Case[Any]], Callable[[], Any] | None]

pytestmark = pytest.mark.benchmark(group="metrics beside peers", disable_gc=True)


def of_quantus(name: str, softmax: bool = False, **parameters: Any) -> Peer:
    return lambda case: quantus_metric(name, case, softmax, **parameters)


def captum_infidelity(case: Case[Any]) -> Callable[[], Any]:
    def perturb(inputs: Tensor) -> tuple[Tensor, Tensor]:
        noise = NOISE * torch.randn_like(inputs)
        return noise, inputs - noise

    maps = case.explanation.relevance
    return lambda: metrics.infidelity(
        case.model.module, perturb, case.inputs, maps, target=case.targets, n_perturb_samples=100
    )


def captum_sensitivity(case: Case[Any]) -> Callable[[], Any]:
    module = case.model.module

    def explain(inputs: tuple[Tensor, ...], target: Tensor) -> tuple[Tensor, ...]:
        leaf = inputs[0].detach().requires_grad_()
        with torch.enable_grad():
            chosen = module(leaf).gather(1, target[:, None]).sum()
            return (torch.autograd.grad(chosen, leaf)[0],)

    return lambda: metrics.sensitivity_max(
        explain, case.inputs, perturb_radius=RADIUS, n_perturb_samples=DRAWS, target=case.targets
    )


def pixel_order(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Maps without ties."""
    drawn = torch.rand(len(inputs), inputs[0].numel(), generator=torch.Generator().manual_seed(0))
    return drawn.argsort(1).argsort(1).float().view(inputs.shape)


ROWS: dict[str, tuple[str, Any, dict[str, Peer]]] = {
    "road": (
        f"road(percentages={tuple(PERCENTAGES)})",
        pixel_order,
        {"Quantus": of_quantus("ROAD", percentages=PERCENTAGES)},
    ),
    "mprt": ("mprt(blocks=None, seeds=1)", "gradient", {"Quantus": of_quantus("MPRT", abs=False)}),
    "efficient_mprt": (
        "efficient_mprt(seeds=1)",
        "gradient",
        {"Quantus": of_quantus("EfficientMPRT", softmax=True, complexity_func_kwargs={"n_bins": 100})},
    ),
    "smooth_mprt": (
        "smooth_mprt(blocks=None, samples=10)",
        "gradient",
        {"Quantus": of_quantus("SmoothMPRT", nr_samples=10, abs=False)},
    ),
    "faithfulness_correlation": (
        "faithfulness_correlation(infill='zero', region=1)",
        pixel_order,
        {
            "Quantus": of_quantus(
                "FaithfulnessCorrelation", subset_size=13, nr_runs=100, perturb_baseline=0.0, return_aggregate=False
            )
        },
    ),
    "infidelity": (
        "infidelity(infill='zero')",
        pixel_order,
        {"Quantus": of_quantus("Infidelity", perturb_patch_sizes=[2], n_perturb_samples=3)},
    ),
    "infidelity, noise": (
        f"infidelity(perturbation='noise', noise={NOISE}, draws=100)",
        "gradient",
        {"Captum": captum_infidelity},
    ),
    "sensitivity_max": (
        f"sensitivity_max(draws={DRAWS}, radius={RADIUS})",
        "gradient",
        {
            "Quantus": of_quantus("MaxSensitivity", nr_samples=DRAWS, lower_bound=RADIUS),
            "Captum": captum_sensitivity,
        },
    ),
}
"""By row: our spec, the method whose maps are judged, and what peers have of the same."""
LOOPS: dict[str, Callable[[Case[Any]], Tensor]] = {
    "mprt": by_hand.mprt,
    "efficient_mprt": by_hand.efficient_mprt,
    "sensitivity_max": by_hand.sensitivity_max(DRAWS, RADIUS),
}
"""By row: the same metric alone, as a loop written by hand."""


def samples_through(where: Place, work: Work) -> tuple[float, float]:
    """Forward and backward passes a sample while something runs."""
    meter = Meter()
    with meter.watching(where.bench.model.module):
        work()
    return meter.forward / len(where.bench.ids), meter.backward / len(where.bench.ids)


@pytest.mark.parametrize(
    ("row", "samples"),
    [pytest.param(row, 64, id=row) for row in ROWS]
    + [pytest.param(row, MANY, id=f"{row}, {MANY} digits") for row in ROWS],
)
def test_metric(row: str, samples: int, benchmark: BenchmarkFixture, against: Against) -> None:
    spec, method, peers = ROWS[row]
    if samples == MANY:
        peers = {}
    with opened("digits_cnn", "digits", samples) as where, quiet():
        case, judge = where.case(method), metric(spec)

        def score() -> object:
            return judge.score(unshared(case))

        passes, best = Passes(where, score), ideal(where)
        references: dict[str, Work | None] = {"its passes": passes.at(best)}
        if len(passes.backward):
            references["its gradients"] = passes.gradients_at(best)
        if row in LOOPS:
            references["a loop by hand"] = partial(LOOPS[row], case)
        references |= {name: peer(case) for name, peer in peers.items()}
        for by, work in {"": score, **{f", {name}": references[name] for name in peers}}.items():
            if work is not None:
                forward, backward = samples_through(where, work)
                benchmark.extra_info |= {f"forward{by}": forward, f"backward{by}": backward}
        against(score, references, PUBLISHED)
