"""LRP by every composite as a multiple of one gradient: at most 4 is promised, on digits and on photographs."""

from typing import get_args

import pytest
from conftest import Against, Place

from whybench.methods.attribution.lrp import CompositeName

pytestmark = pytest.mark.benchmark(group="lrp", disable_gc=True)


@pytest.mark.parametrize("composite", get_args(CompositeName))
@pytest.mark.parametrize("where", ["digits", "photographs"])
def test_composite(where: str, composite: str, request: pytest.FixtureRequest, against: Against) -> None:
    place: Place = request.getfixturevalue(where)
    against(lambda: place.explain(f"lrp(composite={composite!r})"), {"bare gradient": place.gradient})
