"""Localisation metrics: slow references, exact laws, reasons, and what peers got wrong."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from located_maps import F64, Counting, blocks, case, draw, scored
from sklearn.metrics import roc_auc_score

from whybench.domains import TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution import (
    Focus,
    OutsideInsideRatio,
    PointingGame,
    RankAccuracy,
    RelevanceMass,
    RocAuc,
    TopKIntersection,
)

MASKS = blocks(6, 9, 7)
MAPS = draw(6, 2, 9, 7, seed=1)
TIED = MAPS.round()
MOSAICS = torch.zeros(6, 8, 6, dtype=torch.bool)
for number, (row, column) in zip(range(6), itertools.cycle(itertools.product((0, 4), (0, 3))), strict=False):
    MOSAICS[number, row : row + 4, column : column + 3] = True

METRICS = {
    "pointing_game": PointingGame(tolerance=0),
    "pointing_game near": PointingGame(tolerance=2.5),
    "relevance_mass": RelevanceMass(),
    "rank_accuracy": RankAccuracy(),
    "roc_auc": RocAuc(),
    "outside_inside_ratio": OutsideInsideRatio(),
    "top_k_intersection": TopKIntersection(k=5),
}
ORDER_ONLY = ("pointing_game", "pointing_game near", "rank_accuracy", "roc_auc", "top_k_intersection")
every = pytest.mark.parametrize("name", METRICS)


def ranked(relevance: np.ndarray, mask: np.ndarray, count: int) -> float:
    """The share inside of the first `count`, averaged over all choices among those that tie for the last places."""
    last = sorted(relevance, reverse=True)[count - 1]
    surely = [m for r, m in zip(relevance, mask, strict=True) if r > last]
    perhaps = [m for r, m in zip(relevance, mask, strict=True) if r == last]
    chosen = count - len(surely)
    if len(perhaps) > 11:  # too many to write out: each is chosen equally often
        return (sum(surely) + chosen * sum(perhaps) / len(perhaps)) / count
    subsets = list(itertools.combinations(perhaps, chosen))
    return (sum(surely) + sum(sum(s) for s in subsets) / len(subsets)) / count


def slow(name: str, relevance: np.ndarray, mask: np.ndarray) -> float:
    """Each definition by loops over pixels; relevance and mask (height, width)."""
    r, m = relevance.flatten().tolist(), mask.flatten().tolist()
    inside = [max(v, 0.0) for v, i in zip(r, m, strict=True) if i]
    outside = [max(v, 0.0) for v, i in zip(r, m, strict=True) if not i]
    if name in ("relevance_mass", "focus"):
        return sum(inside) / (sum(inside) + sum(outside))
    if name == "outside_inside_ratio":
        return min(100.0, (sum(outside) / len(outside)) / (sum(inside) / len(inside)))
    if name == "rank_accuracy":
        return ranked(np.array(r), np.array(m), sum(m))
    if name == "top_k_intersection":
        return ranked(np.array(r), np.array(m), 5)
    if name == "roc_auc":
        pairs = [
            (a > b) + (a == b) / 2 for a, i in zip(r, m, strict=True) if i for b, j in zip(r, m, strict=True) if not j
        ]
        return sum(pairs) / len(pairs)
    reach = 2.5 if name.endswith("near") else 0.0
    places = list(itertools.product(range(relevance.shape[0]), range(relevance.shape[1])))
    tops = [p for p in places if relevance[p] == relevance.max()]
    hits = [any(mask[q] and (q == p or np.hypot(q[0] - p[0], q[1] - p[1]) < reach) for q in places) for p in tops]
    return sum(hits) / len(hits)


@every
@pytest.mark.parametrize("maps", [MAPS, TIED], ids=["untied", "tied"])
@pytest.mark.parametrize("reading", ["signed", "absolute"])
@pytest.mark.parametrize("polarity", ["contribution", "sensitivity"])
def test_scores_are_those_of_the_slow_definition(name: str, maps: torch.Tensor, reading: str, polarity: str) -> None:
    metric = type(METRICS[name])(**{**METRICS[name].__dict__, "relevance": reading})
    found = scored(metric, maps, MASKS, polarity=polarity)
    summed = maps.sum(1) if polarity == "contribution" else maps.norm(dim=1)
    summed = summed.abs() if reading == "absolute" else summed
    wanted = [slow(name, r.numpy(), m.numpy()) for r, m in zip(summed, MASKS, strict=True)]
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=F64), rtol=0, atol=1e-12)


def test_focus_is_the_share_in_the_tiles_of_the_class() -> None:
    maps = draw(6, 3, 8, 6, seed=2)
    wanted = [slow("focus", r.numpy(), m.numpy()) for r, m in zip(maps.sum(1), MOSAICS, strict=True)]
    torch.testing.assert_close(scored(Focus(), maps, MOSAICS), torch.tensor(wanted, dtype=F64), rtol=0, atol=1e-12)
    torch.testing.assert_close(scored(Focus(), maps, MOSAICS), scored(RelevanceMass(), maps, MOSAICS), rtol=0, atol=0)


@pytest.mark.parametrize("maps", [MAPS, TIED], ids=["untied", "tied"])
def test_roc_auc_is_scikit_learns(maps: torch.Tensor) -> None:
    wanted = [roc_auc_score(m.flatten(), r.flatten()) for r, m in zip(maps.sum(1), MASKS, strict=True)]
    torch.testing.assert_close(scored(RocAuc(), maps, MASKS), torch.tensor(wanted, dtype=F64), rtol=0, atol=1e-12)


BEST = {name: 0.0 if name == "outside_inside_ratio" else 1.0 for name in METRICS}
WORST = {name: 100.0 if name == "outside_inside_ratio" else 0.0 for name in METRICS}


@every
def test_the_mask_is_best_and_its_complement_worst(name: str) -> None:
    metric, masks = METRICS[name], MASKS.clone()
    masks[0] = False
    masks[0, 2:5, 1:4] = True  # far enough from the corner for a tolerance of 2.5
    best, worst = scored(metric, masks[:, None].double(), masks), scored(metric, (~masks)[:, None].double(), masks)
    assert best.tolist() == [BEST[name]] * 6
    if name == "pointing_game near":  # its complement begins beside the mask
        assert (worst > 0).all()
    else:
        assert worst.tolist() == [WORST[name]] * 6
    assert ((best > worst) == metric.higher_is_better).all()
    low, high = metric.range
    assert low <= min(best.min(), worst.min())
    assert max(best.max(), worst.max()) <= high


def constant_value(name: str) -> torch.Tensor:
    share = MASKS.flatten(1).double().mean(1)
    near = torch.stack([torch.tensor(slow(name, np.ones((9, 7)), m.numpy()), dtype=F64) for m in MASKS])
    known = {"roc_auc": torch.full((6,), 0.5, dtype=F64), "outside_inside_ratio": torch.ones(6, dtype=F64)}
    return near if name.startswith("pointing") else known.get(name, share)


@every
@pytest.mark.parametrize("value", [1.0, 0.3])
def test_a_constant_map_scores_the_share_of_the_area(name: str, value: float) -> None:
    maps = torch.full((6, 1, 9, 7), value, dtype=F64)
    exact = name in ORDER_ONLY
    torch.testing.assert_close(
        scored(METRICS[name], maps, MASKS), constant_value(name), rtol=0, atol=0 if exact else 1e-13
    )
    if not name.endswith("near"):
        assert name in ("roc_auc", "outside_inside_ratio") or torch.equal(
            constant_value(name), MASKS.flatten(1).double().mean(1)
        )


@pytest.mark.parametrize("name", [n for n in METRICS if n != "outside_inside_ratio"])
def test_a_random_map_scores_what_a_constant_one_does_in_expectation(name: str) -> None:
    """Exactly: over all cyclic shifts of its pixels every value has been everywhere once."""
    one = draw(63, seed=5)
    shifts = torch.stack([one.roll(step) for step in range(63)]).view(63, 1, 9, 7)
    for number in (0, 3):
        masks = MASKS[number].expand(63, 9, 7)
        mean = scored(METRICS[name], shifts, masks).mean()
        assert mean.item() == pytest.approx(constant_value(name)[number].item(), abs=1e-12)


@every
def test_a_positive_factor_changes_nothing(name: str) -> None:
    metric = METRICS[name]
    before = scored(metric, MAPS, MASKS)
    assert torch.equal(scored(metric, MAPS * 1024, MASKS), before)
    torch.testing.assert_close(scored(metric, MAPS * 0.3, MASKS), before, rtol=1e-12, atol=0)
    torch.testing.assert_close(scored(metric, MAPS * 1e-200, MASKS), before, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ORDER_ONLY)
def test_where_only_the_order_counts_an_increasing_function_changes_nothing(name: str) -> None:
    maps = MAPS.sum(1, keepdim=True)
    assert torch.equal(scored(METRICS[name], maps.exp() - 7, MASKS), scored(METRICS[name], maps, MASKS))


@pytest.mark.parametrize("name", [n for n in METRICS if not n.endswith("near")])
def test_pixels_may_change_places_with_their_mask(name: str) -> None:
    order = torch.randperm(63, generator=torch.Generator().manual_seed(3))
    maps = MAPS.flatten(2)[:, :, order].view_as(MAPS)
    masks = MASKS.flatten(1)[:, order].view_as(MASKS)
    before, after = scored(METRICS[name], MAPS, MASKS), scored(METRICS[name], maps, masks)
    torch.testing.assert_close(after, before, rtol=0, atol=1e-12)


def test_the_area_of_the_negated_map_and_of_the_complement_is_the_rest() -> None:
    area = scored(RocAuc(), TIED, MASKS)
    torch.testing.assert_close(scored(RocAuc(), -TIED, MASKS), 1 - area, rtol=0, atol=1e-12)
    torch.testing.assert_close(scored(RocAuc(), TIED, ~MASKS), 1 - area, rtol=0, atol=1e-12)


@every
def test_a_sample_scores_the_same_alone_in_a_batch_and_in_another_order(name: str) -> None:
    """Peers normalise over the batch, where a mate scaled by 1e6, or a zero map, changes or spoils all others."""
    metric = METRICS[name]
    together = scored(metric, TIED, MASKS)
    alone = torch.cat([scored(metric, TIED[i : i + 1], MASKS[i : i + 1]) for i in range(6)])
    turned = scored(metric, TIED.flip(0), MASKS.flip(0)).flip(0)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)
    torch.testing.assert_close(turned, together, rtol=0, atol=1e-12)
    mates = TIED.clone()
    mates[0] *= 1e6
    mates[1] = 0
    assert torch.equal(scored(metric, mates, MASKS)[2:], together[2:])


@every
def test_no_pass_goes_through_the_model_and_nothing_is_touched(name: str) -> None:
    module, maps, masks = Counting(), MAPS.clone(), MASKS.clone()
    opened = case(maps, masks, module=module)
    before = torch.get_rng_state()
    METRICS[name].score(opened)
    assert module.rows == 0
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(maps, MAPS)
    assert torch.equal(masks, MASKS)


@every
def test_what_has_no_value_says_why(name: str) -> None:
    """An empty mask is no hit: a peer writes NaN into booleans there and counts one."""
    maps, masks = MAPS.clone(), MASKS.clone()
    maps[0], masks[1] = 0, False
    scores = METRICS[name].score(case(maps, masks, labels=torch.tensor([0, 0, 1, 0, 0, 0])))
    assert dict(scores.undefined) == {
        0: "the map is zero everywhere",
        1: "the mask is empty",
        2: "the explained class is not the label that the mask belongs to",
    }
    assert scores.values.isnan().tolist() == [True] * 3 + [False] * 3


@every
def test_maps_without_positive_relevance(name: str) -> None:
    """Shares of mass are undefined; orders are what they are."""
    scores = METRICS[name].score(case(-MAPS.abs() - 1, MASKS))
    if name in ORDER_ONLY:
        assert not scores.undefined
    else:
        assert set(scores.undefined.values()) == {"no relevance is above zero"}
    magnitude = type(METRICS[name])(**{**METRICS[name].__dict__, "relevance": "absolute"})
    assert torch.equal(scored(magnitude, -MAPS.abs(), MASKS), scored(magnitude, MAPS.abs(), MASKS))


@every
def test_a_mask_that_covers_everything(name: str) -> None:
    scores = METRICS[name].score(case(MAPS, torch.ones_like(MASKS)))
    if name in ("roc_auc", "outside_inside_ratio"):
        assert set(scores.undefined.values()) == {"the mask covers everything"}
    else:
        assert scores.values.tolist() == [1.0] * 6


@every
def test_without_masks_it_is_unsupported(name: str) -> None:
    with pytest.raises(Unsupported, match=r"needs ground-truth masks, which these samples do not come with"):
        METRICS[name].score(case(MAPS, None))
    assert METRICS[name].needs == {"masks"}


@every
def test_maps_on_a_coarser_grid_are_brought_to_the_pixels(name: str) -> None:
    masks = torch.zeros(1, 8, 8, dtype=torch.bool)
    masks[:, :4, :4] = True
    coarse = torch.tensor([[[[1.0, 0.2], [0.0, 0.1]]]], dtype=F64)
    fine = torch.nn.functional.interpolate(coarse, (8, 8), mode="bilinear")
    inputs = torch.zeros(1, 1, 8, 8, dtype=F64)
    assert torch.equal(scored(METRICS[name], coarse, masks, inputs=inputs), scored(METRICS[name], fine, masks))


@every
def test_tables_have_masks_of_columns(name: str) -> None:
    if name.endswith("near"):
        return
    maps, masks = MAPS[:, 0, 0].abs(), torch.tensor([True, True, False, False, False, False, False]).expand(6, 7)
    found = scored(METRICS[name], maps, masks, domain=TabularDomain())
    wanted = [slow(name, r.numpy()[None], m.numpy()[None]) for r, m in zip(maps, masks, strict=True)]
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=F64), rtol=0, atol=1e-12)


def test_float32_maps_score_in_float64() -> None:
    for metric in METRICS.values():
        assert scored(metric, MAPS.float(), MASKS).dtype == F64


@pytest.mark.parametrize(
    "make",
    [
        lambda: RelevanceMass(relevance="square"),
        lambda: PointingGame(tolerance=-1),
        lambda: PointingGame(samples="hard"),
        lambda: TopKIntersection(k=0),
        lambda: OutsideInsideRatio(most=1.0),
        lambda: Focus(tiles=(1, 1)),
    ],
)
def test_parameters_not_allowed(make: Callable[[], object]) -> None:
    with pytest.raises(BadParameter):
        make()
