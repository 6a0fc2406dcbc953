"""Metrics of random subsets and squares: their time over that of their own passes, for a first and a further method."""

import pytest
from conftest import Against, Passes, Place, unshared
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.suite import metric

SPECS = (
    "faithfulness_correlation",
    "faithfulness_estimate",
    "sensitivity_n",
    "monotonicity",
    "monotonicity_correlation",
    "infidelity",
    "infidelity(perturbation='square_gradient')",
    "infidelity(perturbation='noise')",
)

pytestmark = pytest.mark.benchmark(group="subset metrics", disable_gc=True)


@pytest.mark.parametrize("spec", SPECS)
def test_a_first_method_pays_for_the_passes(
    spec: str, digits: Place, benchmark: BenchmarkFixture, against: Against
) -> None:
    judge, case = metric(spec), digits.case("random")
    passes = Passes(digits, lambda: judge.score(unshared(case)))
    benchmark.extra_info["forward"] = len(passes.forward) / len(case)
    against(lambda: judge.score(unshared(case)), {"its passes": passes.again})


@pytest.mark.parametrize("spec", SPECS)
def test_a_further_method_pays_for_none(
    spec: str, digits: Place, benchmark: BenchmarkFixture, against: Against
) -> None:
    judge, case = metric(spec), digits.case("random")
    passes = Passes(digits, lambda: judge.score(unshared(case)))
    judge.score(case)
    benchmark.extra_info["forward"] = len(Passes(digits, lambda: judge.score(case)).forward) / len(case)
    against(lambda: judge.score(case), {"passes of the first": passes.again})
