"""Sufficiency: a slow reading, planted explanations, what depends on the set and what does not."""

from math import sqrt

import pytest
import torch
from scipy.spatial.distance import cdist
from stored_maps import case, draw
from torch import nn

from whybench.domains import TabularDomain
from whybench.errors import BadParameter
from whybench.metrics.attribution import Sufficiency

TABLE, MAPS = draw(12, 5), draw(12, 5, seed=1)


class Sign(nn.Module):
    """Three classes by the first two columns."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[:, 0], x[:, 1], 0.2 + 0 * x[:, 0]], 1)


def scored(maps=MAPS, table=TABLE, metric=None, **options):
    return (metric or Sufficiency()).score(case(Sign(), table, maps, domain=TabularDomain(), **options))


def slowly(maps: list[list[float]], classes: list[int], metric: Sufficiency) -> list[float | None]:
    if metric.absolute:
        maps = [[abs(v) for v in row] for row in maps]
    if metric.distance == "euclidean":
        maps = [[v / (sqrt(sum(w * w for w in row)) or 1) for v in row] for row in maps]
        scale = [1.0] * len(maps[0])
    else:
        columns = list(zip(*maps, strict=True))
        scale = [sqrt(sum((v - sum(c) / len(c)) ** 2 for v in c)) for c in columns]
    pairs = {
        (i, j): sqrt(sum(((a - b) / s) ** 2 for a, b, s in zip(maps[i], maps[j], scale, strict=True) if s))
        for i in range(len(maps))
        for j in range(len(maps))
    }
    limit = metric.threshold * max(pairs.values())
    scores: list[float | None] = []
    for i in range(len(maps)):
        near = [j for j in range(len(maps)) if j != i and pairs[i, j] <= limit]
        scores.append(sum(classes[j] == classes[i] for j in near) / len(near) if near else None)
    return scores


@pytest.mark.parametrize("distance", ["euclidean", "seuclidean"])
@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("threshold", [0.1, 0.4, 0.6])
def test_scores_are_those_of_a_slow_reading(distance, absolute, threshold) -> None:
    metric = Sufficiency(distance, threshold, absolute)
    scores = scored(metric=metric)
    expected = slowly(MAPS.tolist(), Sign()(TABLE).argmax(1).tolist(), metric)
    for i, value in enumerate(expected):
        assert (i in scores.undefined) == (value is None)
        if value is not None:
            assert float(scores.values[i]) == pytest.approx(value, abs=1e-12)


def test_maps_that_tell_the_class_are_sufficient_and_those_that_tell_another_are_not() -> None:
    classes = Sign()(TABLE).argmax(1)
    telling = torch.eye(5, dtype=torch.float64)[classes] + 0.01 * MAPS
    assert scored(telling).values.tolist() == [1.0] * 12
    assert len(classes.unique()) == 3
    constant = scored(torch.ones_like(MAPS))
    share = [(int((classes == c).sum()) - 1) / 11 for c in classes.tolist()]
    assert constant.values.tolist() == pytest.approx(share, abs=1e-12)
    mixed = telling.roll(1, 0)
    assert (scored(telling).values.mean() > scored(mixed).values.mean()) == Sufficiency().higher_is_better
    assert Sufficiency.range == (0.0, 1.0)


def test_one_clean_pass_a_sample() -> None:
    net, seen = Sign(), []
    data = case(net, TABLE, MAPS, domain=TabularDomain(), rows=5)
    net.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    Sufficiency().score(data)
    Sufficiency("seuclidean", 0.2).score(data)
    assert seen == [5, 5, 2]


def test_every_map_may_have_its_own_scale() -> None:
    scale = torch.arange(1.0, 13.0, dtype=torch.float64)[:, None]
    torch.testing.assert_close(scored(scale * MAPS).values, scored().values, rtol=0, atol=1e-12, equal_nan=True)


def test_batches_and_orders_agree_since_all_samples_are_compared() -> None:
    """Quantus compares those of one minibatch only."""
    order = torch.randperm(12, generator=torch.Generator().manual_seed(2))
    reference = scored(metric=Sufficiency.preset("quantus")).values
    for rows in (1, 3, 64):
        turned = scored(MAPS[order], TABLE[order], Sufficiency.preset("quantus"), rows=rows).values
        torch.testing.assert_close(turned, reference[order], rtol=0, atol=1e-12, equal_nan=True)


def test_a_map_without_others_is_undefined_and_not_zero() -> None:
    maps = torch.ones(4, 3, dtype=torch.float64)
    maps[0] = torch.tensor([-1.0, -1.0, -1.0])
    scores = scored(maps, draw(4, 3))
    assert scores.undefined == {0: "no other sample has a like explanation"}
    assert scored(maps[:1], draw(1, 3)).undefined == {0: "no other sample has a like explanation"}


def test_the_preset_of_quantus_takes_scipys_standardised_distances_of_absolute_maps() -> None:
    scores = scored(metric=Sufficiency.preset("quantus"))
    absolute = MAPS.abs().numpy()
    apart = cdist(absolute, absolute, "seuclidean")  # with the variance of both sets together, here one set twice
    classes = Sign()(TABLE).argmax(1).tolist()
    for i, row in enumerate(apart):
        near = [j for j in range(len(apart)) if j != i and row[j] <= 0.6 * apart.max()]
        assert (i in scores.undefined) == (not near)
        if near:
            wanted = sum(classes[j] == classes[i] for j in near) / len(near)
            assert float(scores.values[i]) == pytest.approx(wanted, abs=1e-12)
    assert len(scores.undefined) < len(apart)


def test_a_feature_that_is_the_same_in_all_maps_counts_nothing() -> None:
    """In Quantus its distance is 0 / 0, and no sample has a like one."""
    maps = MAPS.clone()
    maps[:, 3] = 0.0
    metric = Sufficiency.preset("quantus")
    reference = scored(maps[:, [0, 1, 2, 4]], TABLE[:, [0, 1, 2, 4]], metric)
    scores = scored(maps, TABLE, metric)
    assert scores.undefined == reference.undefined
    assert torch.equal(scores.details["near"], reference.details["near"])
    assert scores.details["near"].sum() > 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"distance": "cosine"}, "distance='cosine'; allowed: euclidean, seuclidean"),
        ({"threshold": 2.0}, "threshold=2.0"),
    ],
)
def test_bad_parameters(parameters, message) -> None:
    with pytest.raises(BadParameter, match=f"sufficiency: {message}"):
        Sufficiency(**parameters)
