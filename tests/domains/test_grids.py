"""Grids that fit an input, and those that do not."""

import pytest
import torch
from torch import Tensor, nn

from whybench import evaluate
from whybench.domains import Domain, ImageDomain, TabularDomain
from whybench.errors import BadExplanation, Unsupported


@pytest.mark.parametrize(
    ("coarse", "grid"),
    [
        *[((1, 1), (8, 8)), ((3, 3), (8, 8)), ((7, 7), (8, 8)), ((2, 4), (8, 16)), ((1, 1), (5, 8)), ((1, 2), (5, 9))],
        *[((7, 10), (224, 300)), ((7, 9), (224, 300)), ((11, 23), (100, 200))],
    ],
)
def test_a_coarser_grid_of_the_same_aspect_ratio_is_stretched(coarse: tuple[int, int], grid: tuple[int, int]) -> None:
    relevance = torch.ones(2, 1, *coarse, dtype=torch.float64)
    stretched = ImageDomain().per_feature(relevance, "contribution", (2, 3, *grid))
    torch.testing.assert_close(stretched, torch.ones(2, *grid, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("coarse", "grid"),
    [((2, 8), (8, 8)), ((8, 1), (8, 8)), ((1, 2), (8, 8)), ((7, 8), (8, 8)), ((4, 4), (8, 16)), ((7, 7), (224, 300))],
)
def test_a_grid_of_another_aspect_ratio_is_refused(coarse: tuple[int, int], grid: tuple[int, int]) -> None:
    with pytest.raises(BadExplanation) as caught:
        ImageDomain().per_feature(torch.ones(2, 1, *coarse), "contribution", (2, 3, *grid))
    message = str(caught.value)
    assert f"relevance of shape (2, 1, {coarse[0]}, {coarse[1]})" in message
    assert f"inputs of shape (2, 3, {grid[0]}, {grid[1]})" in message
    assert "torch.nn.functional.interpolate" in message


def test_a_callable_with_a_skewed_grid_is_a_row_with_the_reason() -> None:
    def skewed(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        return inputs[:, :, :2]

    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    board = evaluate(net, torch.rand(3, 1, 8, 8), methods=[skewed], metrics=["srg", "ssr"]).scores
    assert set(board["status"]) == {"failed"}
    (reason,) = set(board["reason"])
    assert reason.startswith("BadExplanation: relevance of shape (3, 1, 2, 8) does not fit image inputs of shape (3, 1")


@pytest.mark.parametrize(
    ("domain", "shape", "size", "most"),
    [(ImageDomain(), (2, 3, 8, 8), 9, 8), (ImageDomain(), (2, 3, 8, 12), 13, 12), (TabularDomain(), (2, 5), 6, 5)],
)
def test_regions_larger_than_the_input(domain: Domain, shape: tuple[int, ...], size: int, most: int) -> None:
    assert len(domain.regions(shape, most)) == 1
    features = " x ".join(map(str, domain.grid(shape)))
    with pytest.raises(Unsupported, match=f"^region={size} is larger than the {domain.name} inputs of {features} feat"):
        domain.regions(shape, size)


def test_every_metric_of_too_large_a_region_is_a_row_with_the_reason() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    metrics = ["srg", "pixel_flipping", "insertion", "ssr", "sdr"]
    board = evaluate(
        net, torch.rand(3, 1, 8, 8), methods=["gradient"], metrics=[f"{name}(region=100)" for name in metrics]
    ).scores
    assert sorted(board["metric"]) == sorted(metrics)
    assert set(board["status"]) == {"unsupported"}
    assert set(board["reason"]) == {
        "region=100 is larger than the image inputs of 8 x 8 features; at most 8 fits, and the default is 1"
    }
