"""Grids of pixels: the stencil by its definition, and its two forms, sums of rows and products with matrices."""

import pytest
import torch

from whybench.domains.pixel_grids import MatrixGrid, RowGrid, grid

SIZES = [(8, 8), (9, 13), (1, 7), (5, 1), (2, 2)]


def values(*shape: int) -> torch.Tensor:
    return torch.randn(2, 3, *shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


@pytest.mark.parametrize("size", SIZES)
def test_neighbours_are_weighted_two_and_one(size: tuple[int, int]) -> None:
    image = values(*size)
    expected = torch.zeros_like(image)
    for row in range(size[0]):
        for column in range(size[1]):
            for y in range(max(0, row - 1), min(size[0], row + 2)):
                for x in range(max(0, column - 1), min(size[1], column + 2)):
                    weight = {0: 0, 1: 2, 2: 1}[abs(y - row) + abs(x - column)]
                    expected[..., row, column] += weight * image[..., y, x]
    torch.testing.assert_close(RowGrid(*size).neighbours(image), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_both_forms_are_the_same_maps(size: tuple[int, int]) -> None:
    rows = RowGrid(*size)
    matrix = MatrixGrid(rows, torch.float64, torch.device("cpu"))
    fine, coarse = values(*size), values(rows.coarser.height, rows.coarser.width)
    for by_rows, by_matrix in (
        (rows.neighbours(fine), matrix.neighbours(matrix.laid_out(fine))),
        (rows.restrict(fine), matrix.restrict(matrix.laid_out(fine))),
        (rows.prolong(coarse), matrix.prolong(matrix.coarser.laid_out(coarse))),
    ):
        torch.testing.assert_close(by_matrix, by_rows.flatten(2), rtol=0, atol=1e-12)
    for at in (rows, matrix):
        one, two = at.laid_out(fine), at.coarser.laid_out(coarse)
        torch.testing.assert_close((at.restrict(one) * two).sum(), (one * at.prolong(two)).sum(), rtol=0, atol=1e-12)


def test_small_grids_are_matrices_whoever_asks_first() -> None:
    with torch.inference_mode():
        small = grid(7, 11, torch.float64, torch.device("cpu"))
    assert isinstance(small, MatrixGrid)
    assert isinstance(grid(16, 17, torch.float64, torch.device("cpu")), RowGrid)
    leaf = torch.ones(1, 1, 77, dtype=torch.float64, requires_grad=True)
    small.coarser.neighbours(small.restrict(leaf)).sum().backward()
    assert leaf.grad is not None
