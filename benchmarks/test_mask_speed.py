"""Methods that optimise a mask: a few of their iterations, as a multiple of the passes that these need."""

import pytest
from conftest import Against, Passes, Place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.meter import Meter

ITERATIONS = {"digits": 40, "photographs": 4}
"""Timed in place of hundreds, since all cost the same; what comes before the first is then overstated."""
SPECS = {
    "fido_ssr": "fido_ssr(iterations={})",
    "fido_ssr, noisy linear infill": "fido_ssr(infill='noisy_linear', iterations={})",
    "fido_sdr": "fido_sdr(iterations={})",
    "meaningful_perturbation": "meaningful_perturbation(start='keep', iterations={})",
    "extremal_perturbation": "extremal_perturbation(iterations={})",
}

pytestmark = pytest.mark.benchmark(group="masks", disable_gc=True)


@pytest.mark.parametrize("on", ITERATIONS)
@pytest.mark.parametrize("name", SPECS)
def test_masks(
    name: str, on: str, request: pytest.FixtureRequest, benchmark: BenchmarkFixture, against: Against
) -> None:
    place: Place = request.getfixturevalue(on)
    spec, meter = SPECS[name].format(ITERATIONS[on]), Meter()
    with meter.watching(place.bench.model.module):
        passes = Passes(place, lambda: place.explain(spec))
    samples = len(place.bench.ids)
    benchmark.extra_info["forward"] = meter.forward / samples
    benchmark.extra_info["backward"] = meter.backward / samples
    against(lambda: place.explain(spec), {"its passes": passes.again})
