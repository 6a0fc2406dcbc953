"""Strips of maps and inputs: their pixels are the maps' colours, in the place of their sample."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image

from whybench.report.samples.kept import Inputs
from whybench.report.samples.tiles import BLANK, LEVELS, input_tiles, map_tile, palette, write_inputs, write_maps


def test_the_strip_s_pixels_are_the_map_s_colours(tmp_path: Path) -> None:
    maps = [torch.randn(5, 5, generator=torch.Generator().manual_seed(k), dtype=torch.float64) for k in range(2)]
    tiles = [map_tile(maps[0], (5, 5)), None, map_tile(3 * maps[1], (5, 5))]
    write_maps(tiles, tmp_path / "strip.png")
    pixels = np.asarray(Image.open(tmp_path / "strip.png").convert("RGBA"))
    assert pixels.shape == (15, 5, 4)
    colours = matplotlib.colormaps["RdBu_r"]
    for k, relevance in ((0, maps[0]), (2, maps[1])):
        for i in range(5):
            for j in range(5):
                share = float(relevance[i, j] / relevance.abs().max())
                level = round((share + 1) / 2 * (LEVELS - 1)) / (LEVELS - 1)
                expected = [round(255 * c) for c in colours(level)[:3]]
                assert pixels[5 * k + i, j].tolist() == [*expected, 255]
    assert (pixels[5:10, :, 3] == 0).all()


def test_zero_has_a_level_of_its_own_and_signs_lie_on_either_side() -> None:
    tile = map_tile(torch.tensor([[0.0, 2.0], [-2.0, 1.0]]), (2, 2))
    assert tile.tolist() == [[(LEVELS - 1) // 2, LEVELS - 1], [0, (LEVELS - 1) * 3 // 4]]
    blue, white, red = (palette()[k].astype(int) for k in (0, LEVELS // 2, LEVELS - 1))
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    assert np.ptp(white) <= 1
    assert white.min() > 240
    assert BLANK == LEVELS


def test_a_map_that_is_zero_everywhere_is_white() -> None:
    assert set(map_tile(torch.zeros(3, 3), (3, 3)).ravel().tolist()) == {LEVELS // 2}


def test_a_coarse_map_is_brought_to_the_input_s_grid() -> None:
    assert map_tile(torch.tensor([[1.0, -1.0]]).double(), (4, 8)).shape == (4, 8)
    assert map_tile(torch.randn(2, 2).double(), (224, 224)).shape == (56, 56)


def test_tiles_that_are_no_squares_lie_in_the_middle_of_one(tmp_path: Path) -> None:
    write_maps([map_tile(torch.ones(2, 4), (2, 4))], tmp_path / "wide.png")
    alpha = np.asarray(Image.open(tmp_path / "wide.png").convert("RGBA"))[..., 3]
    assert (alpha > 0).tolist() == [[False] * 4, [True] * 4, [True] * 4, [False] * 4]


@pytest.mark.parametrize("channels", [1, 3])
def test_inputs_are_shown_within_their_bounds(channels: int, tmp_path: Path) -> None:
    inputs = torch.linspace(-1, 1, 2 * channels * 16).reshape(2, channels, 4, 4).double()
    tensors = {"inputs": inputs, "low": torch.full((1, 1, 1, 1), -1.0), "high": torch.full((1, 1, 1, 1), 1.0)}
    tiles = input_tiles(Inputs(tensors, {}))
    write_inputs(tiles, tmp_path / "inputs.png")
    pixels = np.asarray(Image.open(tmp_path / "inputs.png").convert("RGB")).astype(int)
    assert pixels.shape == (8, 4, 3)
    scaled = ((inputs + 1) / 2 * 255).round().permute(0, 2, 3, 1).expand(2, 4, 4, 3).reshape(8, 4, 3).numpy()
    np.testing.assert_array_equal(pixels, scaled)


def test_large_inputs_become_thumbnails() -> None:
    inputs = torch.rand(1, 3, 176, 352, generator=torch.Generator().manual_seed(0)).double()
    tensors = {"inputs": inputs, "low": torch.zeros(1, 1, 1, 1), "high": torch.ones(1, 1, 1, 1)}
    (tile,) = input_tiles(Inputs(tensors, {}))
    assert tile.shape == (44, 88, 3)
    block = (255 * inputs[0, :, :4, :4]).round().mean((1, 2))
    np.testing.assert_allclose(tile[0, 0], block, atol=1.0)  # rounded along one axis, then along the other


def test_equal_maps_give_equal_bytes(tmp_path: Path) -> None:
    tiles = [map_tile(torch.randn(8, 8, generator=torch.Generator().manual_seed(3)).double(), (8, 8))]
    write_maps(tiles, tmp_path / "a.png")
    write_maps(tiles, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
