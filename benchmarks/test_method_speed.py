"""Every registered attribution method on digits, as a multiple of the bare model on the same batch."""

import pytest
from conftest import Against, Place
from pytest_benchmark.fixture import BenchmarkFixture

from whybench import registries
from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.meter import Meter

SPECS = {"inverted": "inverted(gradient)"}
"""Methods that are about another one."""

pytestmark = pytest.mark.benchmark(group="methods", disable_gc=True)


@pytest.mark.parametrize("name", [n for n in registries.methods if registries.methods[n].kind is Attribution])
def test_method(name: str, digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    spec, meter = SPECS.get(name, name), Meter()
    with meter.watching(digits.bench.model.module):
        try:
            digits.explain(spec)
        except Unsupported as error:
            pytest.skip(str(error))
    samples = len(digits.bench.ids)
    benchmark.extra_info["forward"] = meter.forward / samples
    benchmark.extra_info["backward"] = meter.backward / samples
    against(lambda: digits.explain(spec), {"bare forward": digits.forward, "bare gradient": digits.gradient})
