"""Translations by whole pixels."""

import pytest
import torch
from torch import Tensor

from whybench.metrics.attribution.translations import overlap, translated

SHIFTS = [(0, 1), (1, 0), (0, -2), (-3, 0), (2, -1), (-1, 4), (4, 5)]


@pytest.fixture
def images() -> Tensor:
    return torch.arange(2 * 3 * 5 * 6).view(2, 3, 5, 6)


@pytest.mark.parametrize("shift", SHIFTS)
def test_every_pixel_comes_from_where_it_was(images: Tensor, shift: tuple[int, int]) -> None:
    moved = translated(images, shift)
    for row in range(5):
        for column in range(6):
            source = min(max(row - shift[0], 0), 4), min(max(column - shift[1], 0), 5)
            assert torch.equal(moved[..., row, column], images[..., source[0], source[1]])


@pytest.mark.parametrize("shift", SHIFTS)
def test_the_overlap_is_the_same_content(images: Tensor, shift: tuple[int, int]) -> None:
    here = overlap(translated(images, shift), shift)
    assert here.shape[-2:] == (5 - abs(shift[0]), 6 - abs(shift[1]))
    assert torch.equal(here, overlap(images, (-shift[0], -shift[1])))
