"""gini, complexity and effective_complexity: definitions, closed forms, and what they do not depend on."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter
from whybench.meter import Meter
from whybench.metrics.attribution.complexity import Complexity
from whybench.metrics.attribution.effective_complexity import EffectiveComplexity
from whybench.metrics.attribution.gini import Gini
from whybench.protocols import AttributionMethod, Case, Metric, Query
from whybench.protocols.asking import wrap

ALL = (Gini(), Complexity(), EffectiveComplexity())


class Given(AttributionMethod):
    """Maps that the test made, by the sample's position in its name."""

    name = "given"
    reference = ""

    def __init__(self, maps: Tensor, polarity: Any = "contribution") -> None:
        object.__setattr__(self, "maps", maps)
        object.__setattr__(self, "polarity", polarity)

    def relevance(self, query: Query) -> Tensor:
        maps: Tensor = self.maps  # type: ignore[attr-defined]
        return maps[[int(i) for i in query.ids]]


def case(maps: Tensor, polarity: str = "contribution", samples: list[int] | None = None, rows: int = 64) -> Case[Any]:
    chosen = list(range(len(maps))) if samples is None else samples
    inputs = torch.zeros_like(maps)
    model = wrap(nn.Sequential(nn.Flatten(), nn.Linear(maps[0].numel(), 2).double()), inputs)
    targets = torch.zeros(len(chosen), dtype=torch.int64)
    method = Given(maps, polarity)
    return open_case(method, model, inputs[chosen], targets, ids=tuple(str(i) for i in chosen), rows=rows)


def scores(metric: Metric[Any], maps: Tensor, polarity: str = "contribution") -> list[float]:
    return metric.score(case(maps, polarity)).values.tolist()


def slow_gini(row: np.ndarray[Any, Any]) -> float:
    """Half the mean absolute difference of all pairs over the mean: the definition before any sorting."""
    a = np.abs(row.astype(float))
    return sum(abs(x - y) for x in a for y in a) / (2 * len(a) ** 2 * a.mean())


def slow_complexity(row: np.ndarray[Any, Any]) -> float:
    p = np.abs(row) / np.abs(row).sum()
    return -sum(float(v) * math.log(v) for v in p if v > 0)


def slow_effective(row: np.ndarray[Any, Any]) -> float:
    return float(sum(abs(v) > 1e-5 * np.abs(row).max() for v in row))


SLOW: dict[str, Callable[[np.ndarray[Any, Any]], float]] = {
    "gini": slow_gini,
    "complexity": slow_complexity,
    "effective_complexity": slow_effective,
}


@pytest.fixture
def maps() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(6, 23, generator=generator, dtype=torch.float64)
    drawn[1] *= 1e-6
    drawn[2, ::2] = 0
    drawn[3] = drawn[3].pow(9)
    return drawn


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_the_definition(metric: Metric[Any], maps: Tensor) -> None:
    assert scores(metric, maps) == pytest.approx([SLOW[metric.name](row) for row in maps.numpy()], abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_closed_forms_are_exact(n: int) -> None:
    uniform, one_hot = torch.full((1, n), -0.3, dtype=torch.float64), torch.zeros(1, n, dtype=torch.float64)
    one_hot[0, n // 2] = -0.7
    assert (scores(Gini(), uniform), scores(Gini(), one_hot)) == ([0.0], [(n - 1) / n])
    assert scores(Complexity(), uniform) == pytest.approx([math.log(n)], abs=1e-14)
    assert scores(Complexity(), one_hot) == [0.0]
    assert (scores(EffectiveComplexity(), uniform), scores(EffectiveComplexity(), one_hot)) == ([float(n)], [1.0])


def test_published_formula_on_four_numbers() -> None:
    """1 - 2 * sum of |R|_k / |R|_1 * (n - k + 1/2) / n over sorted values, as the reference writes it."""
    row = [4.0, 1.0, 3.0, 2.0]
    published = 1 - 2 * sum(v / 10 * (4 - k + 0.5) / 4 for k, v in enumerate(sorted(row), 1))
    assert scores(Gini(), torch.tensor([row], dtype=torch.float64)) == pytest.approx([published]) == [0.25]


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
@pytest.mark.parametrize("scale", [-1.0, 2.0**-300, 1e-12, 1e200])
def test_free_of_scale_sign_and_order(metric: Metric[Any], maps: Tensor, scale: float) -> None:
    """An epsilon added to values or to their sum, as some implementations do, fails here at small scales."""
    expected = scores(metric, maps)
    assert scores(metric, maps * scale) == pytest.approx(expected, abs=1e-13)
    assert scores(metric, maps.flip(1)) == pytest.approx(expected, abs=1e-13)
    assert scores(metric, maps.abs()) == expected


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_a_zero_map_is_undefined_and_disturbs_no_other(metric: Metric[Any], maps: Tensor) -> None:
    expected = scores(metric, maps)
    maps[4] = 0
    found = metric.score(case(maps))
    assert found.undefined == {4: "the map is zero everywhere"}
    assert [v for i, v in enumerate(found.values.tolist()) if i != 4] == [v for i, v in enumerate(expected) if i != 4]


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_batches_do_not_matter(metric: Metric[Any], maps: Tensor) -> None:
    expected = scores(metric, maps)
    for order in ([3], [5, 0, 3]):
        found = metric.score(case(maps, samples=order, rows=1)).values.tolist()
        assert found == pytest.approx([expected[i] for i in order], abs=1e-12)


def test_a_batch_mate_that_is_a_million_times_larger_changes_nothing(maps: Tensor) -> None:
    """Normalising by the largest value of a whole batch takes this from 23 to 0."""
    expected = scores(EffectiveComplexity(), maps)
    maps[0] *= 1e6
    assert scores(EffectiveComplexity(), maps) == expected


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_channels_become_features_as_the_polarity_says(metric: Metric[Any]) -> None:
    images = torch.randn(3, 3, 4, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    slow = SLOW[metric.name]
    for polarity, pixels in (("contribution", images.sum(1)), ("sensitivity", images.norm(dim=1))):
        assert scores(metric, images, polarity) == pytest.approx([slow(p.flatten().numpy()) for p in pixels], abs=1e-12)
    cancelling = torch.cat([images[:, :1], -images[:, :1]], 1)
    assert len(metric.score(case(cancelling)).undefined) == 3


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_no_passes_and_the_declared_direction(metric: Metric[Any]) -> None:
    opened = case(torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64))
    meter = Meter()
    with meter.watching(opened.model.module):
        dense, sparse = metric.score(opened).values.tolist()
    assert meter.forward == meter.backward == 0
    assert (sparse > dense) == metric.higher_is_better
    assert all(metric.range[0] <= v <= metric.range[1] for v in (dense, sparse))
    assert metric.trivial


@pytest.mark.parametrize("threshold", [-0.1, 1.0, math.nan])
def test_thresholds_that_make_no_sense_are_refused(threshold: float) -> None:
    with pytest.raises(BadParameter, match=r"effective_complexity: threshold=.*\[0, 1\)"):
        EffectiveComplexity(threshold=threshold)


def test_values_of_another_implementation() -> None:
    """Sparseness, Complexity and EffectiveComplexity of Quantus 0.6.0, each on its own batch of one."""
    row = torch.tensor([[0.5, -2.0, 0.0, 1.0, 0.25, 1e-6]], dtype=torch.float64)
    assert scores(Gini(), row) == pytest.approx([0.5888884100743551], abs=1e-6)
    assert scores(Complexity(), row) == pytest.approx([1.1369205919202514], abs=1e-6)
    assert scores(EffectiveComplexity(), row) == [4.0]
