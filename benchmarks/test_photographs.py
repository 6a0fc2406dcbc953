"""Short sweeps on photographs by infill: how far the engine is from the passes that it needs."""

import pytest
from conftest import Against, Passes, Place, unshared

from whybench.sweeps import Sweep

pytestmark = pytest.mark.benchmark(group="photographs", disable_gc=True)


@pytest.mark.parametrize("infill", ["mean", "noisy_linear"])
def test_deletion_sweep(infill: str, photographs: Place, against: Against) -> None:
    sweep = Sweep(infill=infill, region=None, steps=7, direction="deletion")
    case = photographs.case("gradient")
    passes = Passes(photographs, lambda: sweep.compute(unshared(case)))
    against(lambda: sweep.compute(unshared(case)), {"its passes": passes.again})
