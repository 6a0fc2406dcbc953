"""Metrics of random subsets and squares: their time over that of their own passes, and beside Quantus."""

import numpy as np
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


def test_faithfulness_correlation_beside_quantus(digits: Place, against: Against) -> None:
    quantus = pytest.importorskip(
        "quantus", reason="Quantus is not installed; python -m pip install 'whybench[quantus]', or tox -e timing"
    )
    case = digits.case("random")
    ours = metric("faithfulness_correlation(infill='zero', region=1)")
    theirs = quantus.FaithfulnessCorrelation(
        subset_size=13,
        nr_runs=100,
        perturb_baseline=0.0,
        normalise=False,
        return_aggregate=False,
        disable_warnings=True,
    )
    inputs, maps = (t.contiguous().numpy() for t in (case.inputs, case.explanation.relevance))

    def correlate() -> object:
        return theirs(
            model=case.model.module,
            x_batch=inputs,
            y_batch=case.targets.numpy(),
            a_batch=maps,
            softmax=False,
            device="cpu",
            batch_size=len(case),
        )

    correlations = ours.score(unshared(case)).values
    assert abs(float(correlations.mean()) - np.mean(correlate())) < 0.1
    passes = Passes(digits, lambda: ours.score(unshared(case)))
    against(lambda: ours.score(unshared(case)), {"Quantus": correlate, "its passes": passes.again})
