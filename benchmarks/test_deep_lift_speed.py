"""Differences from references: DeepLIFT and DeepSHAP beside the bare model and Captum."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from captum import attr
from conftest import Against, Place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench import bare
from whybench.meter import Meter
from whybench.streams import Streams

REFERENCES = 8
Call = Callable[[Place], Any]

pytestmark = [
    pytest.mark.benchmark(group="DeepLIFT", disable_gc=True),
    pytest.mark.filterwarnings("ignore:Setting", "ignore:Input Tensor"),
]


def deep_lift(place: Place) -> Any:
    return attr.DeepLift(place.bench.model.module).attribute(place.bench.inputs, target=place.targets)


def deep_lift_shap(place: Place) -> Any:
    learned = place.bench.model.training
    assert learned is not None
    background = learned.background(REFERENCES, Streams(0))
    return attr.DeepLiftShap(place.bench.model.module).attribute(place.bench.inputs, background, target=place.targets)


PAIRS: dict[str, tuple[int, Call | None]] = {
    "deep_lift": (1, deep_lift),
    "deep_lift(rule='reveal_cancel')": (1, None),
    f"deep_shap(background={REFERENCES})": (REFERENCES, deep_lift_shap),
}
"""By spec: pairs of input and reference a sample, and Captum's call of the same work where it has one."""


@pytest.mark.parametrize("spec", PAIRS)
def test_differences(spec: str, digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    pairs, call = PAIRS[spec]
    b, meter = digits.bench, Meter()
    with meter.watching(b.model.module):
        digits.explain(spec)
    benchmark.extra_info["forward"] = meter.forward / len(b.ids)
    benchmark.extra_info["backward"] = meter.backward / len(b.ids)
    both, targets = b.inputs.repeat(2 * pairs, 1, 1, 1), digits.targets.repeat(2 * pairs)
    references: dict[str, Callable[[], object]] = {
        "bare gradient": digits.gradient,
        "bare gradient of inputs and references": lambda: bare.gradient(b.model, both, targets, digits.plan),
    }
    if call is not None:
        references["Captum"] = lambda: call(digits)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        against(lambda: digits.explain(spec), references)
