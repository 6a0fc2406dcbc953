"""Every registered attribution metric on digits: its time over that of its own passes, sent again in full batches."""

import pytest
from conftest import Against, Passes, Place, unshared
from pytest_benchmark.fixture import BenchmarkFixture

from whybench import registries
from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.suite import metric

SPECS = {"roar": "roar(percentages=(50,), repeats=1)"}
"""Metrics that train models, with as few of them as there can be."""
METHODS = {"pattern_quality": "pattern_net"}
"""The method that a metric judges, where `gradient` will not do."""

pytestmark = pytest.mark.benchmark(group="metrics", disable_gc=True)


OWN = [n for n in registries.metrics if registries.metrics[n].kind is Attribution and "/" not in n]


@pytest.mark.parametrize("name", OWN)
def test_metric(name: str, digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    judge, case = metric(SPECS.get(name, name)), digits.case(METHODS.get(name, "gradient"))
    try:
        passes = Passes(digits, lambda: judge.score(unshared(case)))
    except Unsupported as error:
        pytest.skip(str(error))
    samples = len(case)
    benchmark.extra_info["forward"] = (len(passes.forward) + len(passes.backward)) / samples
    benchmark.extra_info["backward"] = len(passes.backward) / samples
    against(lambda: judge.score(unshared(case)), {"its passes": passes.again})
