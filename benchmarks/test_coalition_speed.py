"""Methods that take pieces of an input in and out, explaining one image: Captum beside them, and their own passes."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from captum import attr
from conftest import Against, Passes, Place, place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.meter import Meter
from whybench.protocols.model import steady

SAMPLES, ORDERS = 200, 5

Call = Callable[[Place, bool], Any]


def captum(kind: type[Any], **options: Any) -> Call:
    """Captum's class on the regions of the domain; `full` where as many rows go into a pass as the batch plan says."""

    def call(place: Place, full: bool) -> Any:
        bench = place.bench
        index = bench.model.domain.regions(bench.inputs.shape).index
        more = {} if kind is attr.Occlusion else {"feature_mask": index[None, None]}
        torch.manual_seed(0)
        return kind(bench.model.module).attribute(
            bench.inputs,
            target=place.targets,
            perturbations_per_eval=place.plan.rows if full else 1,
            **more,
            **options,
        )

    return call


PAIRS: dict[str, tuple[str, Call]] = {
    "kernel_shap": (f"kernel_shap(samples={SAMPLES})", captum(attr.KernelShap, n_samples=SAMPLES)),
    "lime": (f"lime(samples={SAMPLES})", captum(attr.Lime, n_samples=SAMPLES)),
    "occlusion": ("occlusion", captum(attr.Occlusion, sliding_window_shapes=(1, 1, 1))),
    "feature_ablation": ("occlusion", captum(attr.FeatureAblation)),
    "shapley_sampling": (
        f"shapley_sampling(permutations={ORDERS})",
        captum(attr.ShapleyValueSampling, n_samples=ORDERS),
    ),
}
"""By name: our spec, and Captum's call for the same number of coalitions of the same 64 players."""


@pytest.fixture
def digit() -> Iterator[Place]:
    """digits_cnn and one digit."""
    found = place("digits_cnn", "digits", 1)
    with steady(found.bench.model.module):
        yield found


@pytest.fixture
def photograph() -> Iterator[Place]:
    """EfficientNet-Lite0 and one photograph."""
    found = place("efficientnet_lite0", "imagenet_photos", 1)
    with steady(found.bench.model.module):
        yield found


def forward(place: Place, work: Callable[[], object]) -> int:
    """Samples through the model while something runs."""
    meter = Meter()
    with meter.watching(place.bench.model.module):
        work()
    return meter.forward


@pytest.mark.benchmark(group="coalitions against Captum, one digit", disable_gc=True)
@pytest.mark.parametrize("name", PAIRS)
def test_one_digit(name: str, digit: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    spec, call = PAIRS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        benchmark.extra_info["forward"] = forward(digit, lambda: digit.explain(spec))
        benchmark.extra_info["Captum's forward"] = forward(digit, lambda: call(digit, False))
        passes = Passes(digit, lambda: digit.explain(spec))
        against(
            lambda: digit.explain(spec),
            {
                "Captum by default": lambda: call(digit, False),
                "Captum in full batches": lambda: call(digit, True),
                "its passes": passes.again,
            },
        )
    if spec == "occlusion":
        ours = digit.explain(spec).relevance
        torch.testing.assert_close(ours, call(digit, False).detach().to(ours), rtol=1e-3, atol=1e-4)


@pytest.mark.benchmark(group="coalitions, one photograph", disable_gc=True)
@pytest.mark.parametrize(
    "spec",
    [
        "kernel_shap(samples=96)",
        "lime(samples=96)",
        "occlusion",
        "occlusion(regions='superpixels')",
        "shapley_sampling(permutations=2)",
        "rise(masks=96)",
    ],
)
def test_one_photograph(spec: str, photograph: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    benchmark.extra_info["rows a pass"] = photograph.plan.rows
    benchmark.extra_info["forward"] = forward(photograph, lambda: photograph.explain(spec))
    passes = Passes(photograph, lambda: photograph.explain(spec))
    against(lambda: photograph.explain(spec), {"its passes": passes.again})
