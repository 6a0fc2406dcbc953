"""The masking model on digits: its training, and explaining by it; and the infill `inpainter` beside the others."""

import pytest
import torch
from conftest import Against, Place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench import bare
from whybench.cases import ask, prepare
from whybench.meter import Meter
from whybench.streams import Streams
from whybench.suite import method

pytestmark = pytest.mark.benchmark(group="masking model", disable_gc=True)


def test_preparation(digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    model, plan, meter, asked = digits.bench.model, digits.plan, Meter(), method("masking_model")
    training = model.training
    assert training is not None

    def learn() -> None:
        prepare(asked, model, Streams(0), plan.rows)

    with meter.watching(model.module):
        learn()
    benchmark.extra_info["training samples"] = len(training)
    benchmark.extra_info["forward"] = meter.forward / len(training)
    benchmark.extra_info["backward"] = meter.backward / len(training)
    against(learn, {"bare forward": lambda: bare.forward(model, training.inputs, plan)})


def test_explanation(digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    b, plan, meter, asked = digits.bench, digits.plan, Meter(), method("masking_model")
    prepared = prepare(asked, b.model, Streams(0), plan.rows)

    def explain() -> None:
        ask(asked, b.model, b.inputs, digits.targets, b.ids, Streams(0), plan.rows, prepared)

    with meter.watching(b.model.module):
        explain()
    benchmark.extra_info["forward"] = meter.forward / len(b.ids)
    benchmark.extra_info["backward"] = meter.backward / len(b.ids)
    against(explain, {"bare forward": digits.forward, "bare gradient": digits.gradient})


@pytest.mark.parametrize("name", ["inpainter", "local", "noisy_linear"])
def test_infill_of_digits(name: str, digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    fill(name, digits, against)


@pytest.mark.parametrize("name", ["inpainter", "local", "noisy_linear"])
def test_infill_of_photographs(name: str, photographs: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    fill(name, photographs, against)


def fill(name: str, place: Place, against: Against) -> None:
    """Half of the regions of every sample removed, against the bare forward pass of as many rows."""
    b = place.bench
    domain, shape = b.model.domain, tuple(b.inputs.shape)
    regions = domain.regions(shape)
    kept = regions.mask(torch.rand(len(b.ids), len(regions), generator=torch.Generator().manual_seed(0)) < 0.5)
    every = torch.arange(len(b.ids))
    against(
        lambda: domain.infill(name, b.inputs, b.ids, Streams(0)).apply(kept, every), {"bare forward": place.forward}
    )
