"""The step grid: symmetric, even, complete."""

from itertools import pairwise

from whybench.sweeps.steps import step_grid


def test_every_grid_is_symmetric_and_strictly_rising_from_none_to_all() -> None:
    for regions in range(1, 60):
        for steps in range(1, 65):
            grid = step_grid(regions, steps).tolist()
            assert grid[0] == 0
            assert grid[-1] == regions
            assert all(a < b for a, b in pairwise(grid))
            assert [regions - k for k in reversed(grid)] == grid
            intervals = min(steps, regions)
            assert len(grid) - 1 == intervals + (regions % 2 == 1 and intervals % 2 == 0)
            even = [regions * i / (len(grid) - 1) for i in range(len(grid))]
            assert all(abs(k - e) <= 0.5 for k, e in zip(grid, even, strict=True))
