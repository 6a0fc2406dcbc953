"""Pattern methods on digits: learning the patterns, and explaining by them, apart."""

import pytest
from conftest import Against, Place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench import bare
from whybench.cases import ask, prepare
from whybench.meter import Meter
from whybench.streams import Streams
from whybench.suite import method

pytestmark = pytest.mark.benchmark(group="patterns", disable_gc=True)


@pytest.mark.parametrize("spec", ["pattern_net", "pattern_net(estimator='linear')"])
def test_preparation(spec: str, digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    model, plan, meter = digits.bench.model, digits.plan, Meter()
    training = model.training
    assert training is not None

    def learn() -> None:
        prepare(method(spec), model, Streams(0), plan.rows)

    with meter.watching(model.module):
        learn()
    benchmark.extra_info["training samples"] = len(training)
    benchmark.extra_info["forward"] = meter.forward / len(training)
    benchmark.extra_info["backward"] = meter.backward / len(training)
    against(learn, {"bare forward": lambda: bare.forward(model, training.inputs, plan)})


@pytest.mark.parametrize("name", ["pattern_net", "pattern_attribution"])
def test_explanation(name: str, digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    b, plan, meter, asked = digits.bench, digits.plan, Meter(), method(name)
    prepared = prepare(asked, b.model, Streams(0), plan.rows)

    def explain() -> None:
        ask(asked, b.model, b.inputs, digits.targets, b.ids, Streams(0), plan.rows, prepared)

    with meter.watching(b.model.module):
        explain()
    benchmark.extra_info["forward"] = meter.forward / len(b.ids)
    benchmark.extra_info["backward"] = meter.backward / len(b.ids)
    against(explain, {"bare forward": digits.forward, "bare gradient": digits.gradient})
