"""The split into a training and a held-out part."""

import numpy as np
import pytest
import torch

from whybench.datasets.splits import split


def held_out_by_hand(targets: list[float]) -> list[int]:
    """Every fifth of the positions in order of (target, position), written without numpy."""
    order = sorted(range(len(targets)), key=lambda row: (targets[row], row))
    return sorted(row for rank, row in enumerate(order) if rank % 5 == 4)


@pytest.mark.parametrize("count", [4, 5, 23, 60])
def test_every_fifth_in_order_of_target(count: int) -> None:
    targets = np.random.default_rng(count).integers(0, 3, count)
    training, held_out = split(np.arange(count), targets)
    assert held_out.rows.tolist() == held_out_by_hand(targets.tolist())
    assert sorted([*training.rows, *held_out.rows]) == list(range(count))
    for part in (training, held_out):
        assert part.samples.tolist() == part.rows.tolist()
        assert part.targets.tolist() == targets[part.rows].tolist()
        assert part.targets.dtype == torch.int64


def test_classes_keep_their_shares_to_within_one_sample() -> None:
    targets = np.random.default_rng(0).integers(0, 10, 500)
    _, held_out = split(np.zeros(500), targets)
    for label, total in enumerate(np.bincount(targets)):
        assert abs(int((held_out.targets == label).sum()) - total / 5) < 1


def test_regression_values_keep_their_quantiles_and_type() -> None:
    training, held_out = split(np.zeros((10, 2)), np.arange(10.0)[::-1].copy())
    assert held_out.targets.tolist() == [9.0, 4.0]
    assert held_out.targets.dtype == training.targets.dtype == torch.float64
