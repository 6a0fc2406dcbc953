"""What single localisation metrics have of their own: tolerance, marks, bounds, k, tiles."""

import numpy as np
import pytest
import torch
from located_maps import F64, case, draw, scored

from whybench.domains import TabularDomain
from whybench.errors import Unsupported
from whybench.metrics.attribution import Focus, OutsideInsideRatio, PointingGame, RankAccuracy, TopKIntersection
from whybench.metrics.attribution.pointing_game import widened


def pointed(row: int, column: int, side: int = 40) -> torch.Tensor:
    maps = torch.zeros(1, 1, side, side, dtype=F64)
    maps[0, 0, row, column] = 1
    return maps


CORNER = torch.zeros(1, 40, 40, dtype=torch.bool)
CORNER[0, :4, :4] = True


@pytest.mark.parametrize(
    ("row", "column", "tolerance", "hit"),
    [
        (3, 3, 0, 1.0),
        (3, 4, 0, 0.0),
        (3, 4, 1, 0.0),  # strictly nearer than the tolerance, as its authors' code has it
        (3, 4, 1.5, 1.0),
        (6, 7, 5, 0.0),  # 3 and 4 away: 5
        (6, 7, 5.001, 1.0),
        (0, 17, 15, 1.0),
        (0, 18, 15, 0.0),
        (18, 0, 15, 0.0),
        (39, 39, 100, 1.0),
    ],
)
def test_the_tolerance_is_a_distance_in_pixels(row: int, column: int, tolerance: float, hit: float) -> None:
    assert scored(PointingGame(tolerance=tolerance), pointed(row, column), CORNER).item() == hit


@pytest.mark.parametrize("tolerance", [0.0, 0.5, 1.0, 1.2, 2.0, 3.7, 8.0, 30.0])
def test_widened_masks_by_all_distances(tolerance: float) -> None:
    masks = draw(2, 11, 6, seed=4) > 1.7
    places = np.argwhere(np.ones((11, 6)))
    for mask, wide in zip(masks, widened(masks, tolerance), strict=True):
        inside = np.argwhere(mask.numpy())
        distance = np.linalg.norm(places[:, None] - inside[None], axis=2)
        wanted = ((distance < tolerance) | (distance == 0)).any(1).reshape(11, 6)
        assert (wide.numpy() == wanted).all()


def test_the_default_tolerance_is_15_pixels_at_224() -> None:
    masks = torch.zeros(1, 224, 224, dtype=torch.bool)
    masks[0, :10, :10] = True
    assert scored(PointingGame(), pointed(0, 23, 224), masks).item() == 1
    assert scored(PointingGame(), pointed(0, 24, 224), masks).item() == 0
    small = CORNER[:, :8, :8]  # 15 / 28 of a pixel: none
    assert scored(PointingGame(), pointed(0, 3, 8), small).item() == 1
    assert scored(PointingGame(), pointed(0, 4, 8), small).item() == 0


def test_a_maximum_that_is_shared_counts_by_its_shares() -> None:
    """A peer counts a hit where any of the maxima is inside: a constant map would never miss."""
    maps = torch.ones(1, 1, 40, 40, dtype=F64)
    assert scored(PointingGame(tolerance=0), maps, CORNER).item() == 16 / 1600


def test_difficult_samples() -> None:
    maps, masks, marks = draw(3, 1, 6, 6), CORNER[:, :6, :6].expand(3, 6, 6), torch.tensor([True, False, True])
    everything = PointingGame().score(case(maps, masks, difficult=marks))
    assert everything.details["difficult"].tolist() == [1.0, 0.0, 1.0]
    assert not everything.undefined
    some = PointingGame(samples="difficult").score(case(maps, masks, difficult=marks))
    assert dict(some.undefined) == {1: "the sample is not marked as difficult"}
    assert some.values[[0, 2]].tolist() == everything.values[[0, 2]].tolist()
    with pytest.raises(Unsupported, match="carry no such marks"):
        PointingGame(samples="difficult").score(case(maps, masks))


def test_tables_have_no_distances() -> None:
    maps, masks = draw(1, 5), torch.tensor([[True, False, False, False, False]])
    with pytest.raises(Unsupported, match="only images have distances"):
        PointingGame(tolerance=1).score(case(maps, masks, domain=TabularDomain()))


def test_ratios_are_bounds_from_the_largest_on() -> None:
    masks = CORNER[:, :8, :8].expand(4, 8, 8)
    maps = torch.ones(4, 1, 8, 8, dtype=F64)
    maps[0, 0, :4, :4], maps[1, 0, :4, :4], maps[2, 0, :4, :4] = 0, 1e-3, 0.25
    scores = OutsideInsideRatio(most=50.0).score(case(maps, masks))
    assert scores.values.tolist() == [50.0, 50.0, 4.0, 1.0]
    assert dict(scores.censored) == dict.fromkeys((0, 1), "relevance is at least 50 times as dense outside the mask")
    assert not OutsideInsideRatio().higher_is_better


def test_k_by_default_and_what_is_attainable() -> None:
    maps, masks = draw(2, 1, 224, 224), torch.zeros(2, 224, 224, dtype=torch.bool)
    masks[0, :20, :25], masks[1, :100] = True, True
    assert torch.equal(scored(TopKIntersection(), maps, masks), scored(TopKIntersection(k=1000), maps, masks))
    perfect = TopKIntersection().score(case(masks[:, None].double(), masks))
    assert perfect.values.tolist() == perfect.details["attainable"].tolist() == [0.5, 1.0]
    with pytest.raises(Unsupported, match="more than the 50176 features"):
        TopKIntersection(k=50177).score(case(maps, masks))


def test_ranks_do_not_depend_on_where_ties_lie() -> None:
    """Sorted without a rule for ties, a map scores by where its equal pixels happen to come in memory."""
    maps = torch.zeros(1, 1, 8, 8, dtype=F64)
    maps[0, 0, 7, 7] = 1
    for masks in (CORNER[:, :8, :8], CORNER[:, :8, :8].flip(1, 2)):
        hit = float(masks[0, 7, 7])
        wanted = (hit + 15 * (16 - hit) / 63) / 16
        assert scored(RankAccuracy(), maps, masks).item() == pytest.approx(wanted, abs=1e-15)


def test_mosaics_higher_than_wide() -> None:
    """Height and width exchanged, as a peer had them, the wrong tiles are counted."""
    masks = torch.zeros(1, 4, 10, dtype=torch.bool)
    masks[0, :2, 5:] = True
    maps = torch.zeros(1, 1, 4, 10, dtype=F64)
    maps[0, 0, 0, 4], maps[0, 0, 1, 5] = 1, 3
    assert scored(Focus(), maps, masks).item() == 0.75


@pytest.mark.parametrize("size", [(9, 7), (8, 8), (5, 12)])
def test_tiles_of_uneven_images_end_at_the_middle(size: tuple[int, int]) -> None:
    masks = torch.zeros(1, *size, dtype=torch.bool)
    masks[0, : size[0] // 2, size[1] // 2 :] = True
    assert scored(Focus(), masks[:, None].double(), masks).item() == 1


def test_what_is_no_mosaic_is_refused() -> None:
    masks = CORNER[:, :6, :6]
    for metric in (Focus(), Focus(tiles=(7, 2))):
        with pytest.raises(Unsupported, match="no whole tiles"):
            metric.score(case(draw(1, 1, 6, 6), masks))
    thirds = torch.zeros(1, 6, 6, dtype=torch.bool)
    thirds[0, :, 2:4] = True
    assert scored(Focus(tiles=(1, 3)), thirds[:, None].double(), thirds).item() == 1
