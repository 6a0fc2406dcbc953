"""Every registered metric: its time over that of its own passes, sent again in full batches.

Of 32 digits explained by `gradient` where nothing else is said.
"""

import pytest
from conftest import Against, Passes, Where, opened, unshared
from pytest_benchmark.fixture import BenchmarkFixture
from rows import row, skip_without

from whybench import registries
from whybench.suite import metric

SPECS = {
    "roar": "roar(percentages=(50,), repeats=1)",
    "quantus/faithfulness_correlation": "quantus/faithfulness_correlation(subset_size=16)",
    "quantus/top_k_intersection": "quantus/top_k_intersection(k=64)",
}
"""Fewest retrainings; parameters for those whose defaults ask for more pixels than a digit has."""
METHODS = {"completeness": "integrated_gradients", "pattern_quality": "pattern_net"}
"""The method that a metric judges, where `gradient` will not do."""

pytestmark = pytest.mark.benchmark(group="metrics", disable_gc=True)


@pytest.mark.parametrize(
    ("spec", "where"), [row(n, registries.metrics[n], SPECS.get(n, n)) for n in registries.metrics]
)
def test_metric(spec: str, where: Where, benchmark: BenchmarkFixture, against: Against) -> None:
    skip_without(spec, registries.metrics[spec.partition("(")[0]])
    with opened(*where) as place:
        judge, case = metric(spec), place.case(METHODS.get(spec, "gradient"))
        passes = Passes(place, lambda: judge.score(unshared(case)))
        samples = len(case)
        benchmark.extra_info["forward"] = (len(passes.forward) + len(passes.backward)) / samples
        benchmark.extra_info["backward"] = len(passes.backward) / samples
        against(lambda: judge.score(unshared(case)), {"its passes": passes.again})
