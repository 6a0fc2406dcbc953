"""Every registered method as a multiple of the bare model on the same batch: 32 digits where nothing else is said.

Where some draws or iterations stand for many, the name says so.
"""

import pytest
from conftest import Against, Where, opened
from pytest_benchmark.fixture import BenchmarkFixture
from rows import row, skip_without

from whybench import registries
from whybench.meter import Meter

SPECS = {
    "inverted": "inverted(gradient)",
    "captum/kernel_shap": "captum/kernel_shap(n_samples=40)",
    "captum/lime": "captum/lime(n_samples=40)",
    "captum/shapley_value_sampling": "captum/shapley_value_sampling(n_samples=1)",
    "extremal_perturbation": "extremal_perturbation(iterations=20)",
    "fido_sdr": "fido_sdr(iterations=20, warm_up=2)",
    "fido_ssr": "fido_ssr(iterations=20, warm_up=2)",
    "greedy_sdr": "greedy_sdr(regions=16)",
    "greedy_ssr": "greedy_ssr(regions=16)",
    "lime/image": "lime/image(num_samples=100)",
    "masking_model": "masking_model(steps=20)",
    "meaningful_perturbation": "meaningful_perturbation(iterations=20)",
    "shap/kernel": "shap/kernel(nsamples=128)",
    "shap/partition": "shap/partition(max_evals=100)",
}
"""Methods that are about another one, and fewer draws or iterations of those that would take seconds."""

pytestmark = pytest.mark.benchmark(group="methods", disable_gc=True)


@pytest.mark.parametrize(
    ("spec", "where"), [row(n, registries.methods[n], SPECS.get(n, n)) for n in registries.methods]
)
def test_method(spec: str, where: Where, benchmark: BenchmarkFixture, against: Against) -> None:
    skip_without(spec)
    with opened(*where) as place:
        meter = Meter()
        with meter.watching(place.bench.model.module):
            place.explain(spec)
        samples = len(place.bench.ids)
        benchmark.extra_info["forward"] = meter.forward / samples
        benchmark.extra_info["backward"] = meter.backward / samples
        references = {"bare forward": place.forward}
        if place.bench.model.differentiable:
            references["bare gradient"] = place.gradient
        against(lambda: place.explain(spec), references)
