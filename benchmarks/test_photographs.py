"""A real network on photographs: how far the engine is from the passes that it needs."""

import pytest
from conftest import Against, Passes, Place, unshared
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.sweeps import Sweep

pytestmark = pytest.mark.benchmark(group="photographs", disable_gc=True)


def test_bare_forward(photographs: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    """Against itself: what differs from 1 is noise."""
    benchmark.extra_info["rows a pass"] = photographs.plan.rows
    against(photographs.forward, {"itself": photographs.forward})


@pytest.mark.parametrize("spec", ["gradient", "lrp(composite='epsilon_plus')"])
def test_method(spec: str, photographs: Place, against: Against) -> None:
    against(
        lambda: photographs.explain(spec),
        {"bare forward": photographs.forward, "bare gradient": photographs.gradient},
    )


@pytest.mark.parametrize("infill", ["mean", "noisy_linear"])
def test_deletion_sweep(infill: str, photographs: Place, against: Against) -> None:
    sweep = Sweep(infill=infill, region=None, steps=7, direction="deletion")
    case = photographs.case("gradient")
    passes = Passes(photographs, lambda: sweep.compute(unshared(case)))
    against(lambda: sweep.compute(unshared(case)), {"its passes": passes.again})
