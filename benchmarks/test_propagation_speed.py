"""Methods other than LRP that change the backward pass, on digits and on photographs."""

import pytest
from conftest import Against, Place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.meter import Meter

SPECS = (
    "guided_backprop",
    "excitation_backprop",
    "excitation_backprop(contrastive=True)",
    "rap",
)

pytestmark = pytest.mark.benchmark(group="propagation", disable_gc=True)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("where", ["digits", "photographs"])
def test_propagation(
    where: str, spec: str, request: pytest.FixtureRequest, benchmark: BenchmarkFixture, against: Against
) -> None:
    place: Place = request.getfixturevalue(where)
    meter = Meter()
    with meter.watching(place.bench.model.module):
        place.explain(spec)
    samples = len(place.bench.ids)
    benchmark.extra_info["forward"] = meter.forward / samples
    benchmark.extra_info["backward"] = meter.backward / samples
    against(lambda: place.explain(spec), {"bare forward": place.forward, "bare gradient": place.gradient})
