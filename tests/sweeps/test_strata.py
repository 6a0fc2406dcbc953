"""Stratified points: one in each stratum, with the weights of the trapezoid, mirrored exactly."""

import pytest
import torch

from whybench.errors import BadParameter
from whybench.streams import Streams
from whybench.sweeps.grids import grid, mirrored
from whybench.sweeps.strata import offsets, strata, stratified_points

SIZES = torch.tensor([4, 4, 2, 4, 2, 1])


def test_one_offset_lies_in_each_stratum_and_is_named_by_the_sample() -> None:
    drawn = offsets(5, ["a", "b"], Streams(3))
    assert (drawn * 5).floor().tolist() == [[0, 1, 2, 3, 4]] * 2
    assert torch.equal(offsets(5, ["b"], Streams(3))[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[1])


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_points_come_as_often_as_the_trapezoid_weighs_them(count: int) -> None:
    total = int(SIZES.sum())
    every = (torch.arange(2 * total).double() + 0.5) / (2 * total)  # a border lies between two of them, for any count
    offset = (torch.arange(count) + every[:, None]) / count
    points = stratified_points(offset, SIZES.expand(len(every), 2, -1), "deletion")
    often = torch.bincount(points[:, 0].flatten(), minlength=7).double() / points[:, 0].numel()
    sizes = SIZES.double()
    weight = (torch.cat([sizes, torch.zeros(1)]) + torch.cat([torch.zeros(1), sizes])) / (2 * total)
    torch.testing.assert_close(often, weight, rtol=0, atol=1e-12)


def test_an_insertion_keeps_what_the_reversed_deletion_leaves() -> None:
    offset = offsets(9, [str(i) for i in range(50)], Streams(0))
    ordered = SIZES.expand(50, 2, -1)
    kept = stratified_points(offset, ordered, "insertion")
    removed = stratified_points(offset, ordered.flip(2), "deletion")
    assert torch.equal(kept, (6 - removed).flip(2))
    assert (kept.diff(dim=2) >= 0).all()


def test_its_name_and_its_mirror() -> None:
    assert strata("stratified(12)") == 12
    assert mirrored("stratified(12)") == "stratified(12)"
    for other in (12, "every(3)", "stratified(0)", "stratified()", "stratified(2, 3)", "stratified(2.5)"):
        assert strata(other) is None
    with pytest.raises(BadParameter, match="stratified"):
        grid(10, "stratified(0)")
