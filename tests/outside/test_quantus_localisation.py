"""Localisation metrics beside Quantus 0.6.0: equal where the definition is, and where Quantus is wrong."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.metrics.attribution import (
    Focus,
    PointingGame,
    RankAccuracy,
    RelevanceMass,
    RocAuc,
    TopKIntersection,
)
from whybench.protocols import Metric, Model, Truth
from whybench.wrappers import Precomputed

quantus = pytest.importorskip("quantus")

NET = nn.Sequential(nn.Flatten(), nn.Linear(48, 2)).double()
NEVER_ASKED = {"abs": False, "normalise": False, "disable_warnings": True}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


INPUTS = drawn(5, 1, 8, 6)
MAPS = drawn(5, 1, 8, 6, seed=1)
MASKS = drawn(5, 8, 6, seed=2) > 0.4
TARGETS = torch.zeros(5, dtype=torch.int64)


def ours(metric: Metric[Any], maps: Tensor, masks: Tensor = MASKS) -> list[float]:
    model = Model("net", NET, ImageDomain())
    ids = tuple("abcde")
    method = Precomputed(maps, model.digest, INPUTS, TARGETS, ids)
    opened = open_case(method, model, INPUTS, TARGETS, ids=ids, truth=Truth(masks))
    return metric.score(opened).values.tolist()


def theirs(metric: Any, maps: Tensor, masks: Tensor = MASKS, **options: Any) -> list[float]:
    found = metric(
        model=NET,
        x_batch=INPUTS.numpy(),
        y_batch=TARGETS.numpy(),
        a_batch=maps.numpy(),
        s_batch=masks[:, None].numpy().astype(int),
        device="cpu",
        **options,
    )
    return [float(value) for value in found]


def close(found: list[float], wanted: list[float]) -> None:
    torch.testing.assert_close(torch.tensor(found), torch.tensor(wanted), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("metric", "name", "maps"),
    [
        (RelevanceMass(), "RelevanceMassAccuracy", MAPS.abs()),
        (RankAccuracy(), "RelevanceRankAccuracy", MAPS),
        (RocAuc(), "AUC", MAPS),
        (RocAuc(), "AUC", MAPS.round()),
        (PointingGame(tolerance=0), "PointingGame", MAPS),
    ],
)
def test_the_same_definition_gives_the_same_number(metric: Metric[Any], name: str, maps: Tensor) -> None:
    close(ours(metric, maps), theirs(getattr(quantus, name)(**NEVER_ASKED), maps))


def test_top_k_intersection() -> None:
    for k in (1, 7, 47):
        close(ours(TopKIntersection(k=k), MAPS), theirs(quantus.TopKIntersection(k=k, **NEVER_ASKED), MAPS))


def test_attribution_localisation_is_the_mass_of_absolute_relevance() -> None:
    options = {**NEVER_ASKED, "abs": True}
    close(ours(RelevanceMass(relevance="absolute"), MAPS), theirs(quantus.AttributionLocalisation(**options), MAPS))


def test_focus() -> None:
    tiles = [(0, 1, 0, 1), (1, 0, 0, 0), (0, 0, 1, 1), (0, 1, 1, 0), (0, 0, 0, 1)]
    masks = torch.zeros(5, 8, 6, dtype=torch.bool)
    for mask, (a, b, c, d) in zip(masks, tiles, strict=True):
        mask[:4, :3], mask[:4, 3:], mask[4:, :3], mask[4:, 3:] = map(bool, (a, b, c, d))
    found = quantus.Focus(**NEVER_ASKED)(
        model=NET,
        x_batch=INPUTS.numpy(),
        y_batch=TARGETS.numpy(),
        a_batch=MAPS.numpy(),
        custom_batch=tiles,
        device="cpu",
    )
    close(ours(Focus(), MAPS, masks), [float(value) for value in found])


def test_where_the_definition_is_not_the_same() -> None:
    """Mass of signed relevance is no share, an empty mask no hit, and a shared maximum no certain one."""
    signed = theirs(quantus.RelevanceMassAccuracy(**NEVER_ASKED), MAPS)
    assert not all(0 <= value <= 1 for value in signed)
    assert all(0 <= value <= 1 for value in ours(RelevanceMass(), MAPS))

    empty = MASKS.clone()
    empty[0] = False
    assert theirs(quantus.PointingGame(**NEVER_ASKED), MAPS, empty)[0] == 1
    assert math.isnan(ours(PointingGame(tolerance=0), MAPS, empty)[0])
    tied = torch.ones_like(MAPS)
    tied[:, :, 0, 0] = 0.5
    assert theirs(quantus.PointingGame(**NEVER_ASKED), tied) == [1.0] * 5
    assert max(ours(PointingGame(tolerance=0), tied)) < 1
