"""Noisy linear imputation of images: the multigrid solver against a sparse direct one, and the infill's laws."""

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
import torch
from torch import Tensor

from whybench.domains import ImageDomain
from whybench.domains.multigrid import interpolate
from whybench.domains.noisy_linear import NoisyLinearImage
from whybench.streams import Streams


def direct(image: Tensor, kept: Tensor) -> Tensor:
    """One image by a dense list of equations, as written in the paper: x_i - sum w x_j / sum w = 0."""
    channels, height, width = image.shape
    matrix = scipy.sparse.lil_matrix((height * width, height * width))
    right = np.zeros((height * width, channels))
    for row in range(height):
        for column in range(width):
            pixel = row * width + column
            if kept[row, column]:
                matrix[pixel, pixel], right[pixel] = 1, image[:, row, column].double().numpy()
                continue
            around = {
                (row + down, column + across): 1 / 6 if down == 0 or across == 0 else 1 / 12
                for down in (-1, 0, 1)
                for across in (-1, 0, 1)
                if (down, across) != (0, 0) and 0 <= row + down < height and 0 <= column + across < width
            }
            matrix[pixel, pixel] = 1
            for (y, x), weight in around.items():
                matrix[pixel, y * width + x] = -weight / sum(around.values())
    solution = scipy.sparse.linalg.spsolve(matrix.tocsc(), right).reshape(height * width, channels)
    return torch.from_numpy(solution.T.reshape(channels, height, width).copy())


def masks(height: int, width: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(height)
    scattered = torch.rand(height, width, generator=generator) < 0.1
    scattered[0, 0] = True
    corner, middle = (torch.zeros(height, width, dtype=torch.bool) for _ in range(2))
    corner[-1, 0] = True
    middle[height // 2, width // 3] = True
    half = torch.zeros(height, width, dtype=torch.bool)
    half[:, : width // 2] = True
    rows, columns = torch.arange(height)[:, None] // 3, torch.arange(width) // 3
    return {
        "scattered": scattered,
        "corner": corner,
        "middle": middle,
        "half": half,
        "checks": (rows + columns) % 2 > 0,
    }


@pytest.mark.parametrize("size", [(8, 8), (9, 13), (16, 16), (1, 7), (31, 17), (2, 2)])
def test_agrees_with_a_sparse_direct_solver(size: tuple[int, int]) -> None:
    image = torch.randn(3, *size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for name, kept in masks(*size).items():
        if not kept.any():
            continue
        solved = interpolate(image[None], kept[None])[0]
        torch.testing.assert_close(solved, direct(image, kept), rtol=0, atol=1e-9, msg=lambda m, n=name: f"{n}: {m}")
        assert torch.equal(solved[:, kept], image[:, kept])


@pytest.mark.parametrize(("region", "share"), [(16, 0.5), (16, 0.1), (9, 0.3), (1, 0.05)])
def test_float32_at_224_agrees_with_float64_to_a_ten_thousandth(region: int, share: float) -> None:
    generator = torch.Generator().manual_seed(2)
    images = torch.randn(1, 3, 224, 224, generator=generator)
    side = -(-224 // region)
    coarse = torch.rand(side, side, generator=generator) < share
    kept = coarse.repeat_interleave(region, 0).repeat_interleave(region, 1)[None, :224, :224]
    reference = interpolate(images.double(), kept)
    contrast = images.max() - images.min()
    assert float((interpolate(images, kept) - reference).abs().max() / contrast) < 1e-4


def test_affine_images_are_reproduced_away_from_the_border() -> None:
    image = torch.arange(12.0, dtype=torch.float64)[:, None] * 0.3 - torch.arange(10.0, dtype=torch.float64) * 0.7
    kept = torch.ones(12, 10, dtype=torch.bool)
    kept[3:9, 2:8] = False
    solved = interpolate(image.where(kept, 99.0)[None, None], kept[None])[0, 0]
    torch.testing.assert_close(solved, image, rtol=0, atol=1e-12)


def test_constant_images_are_reproduced_to_the_border() -> None:
    kept = torch.zeros(1, 11, 11, dtype=torch.bool)
    kept[0, 4, 4] = True
    images = torch.full((1, 1, 11, 11), 5.0, dtype=torch.float64)
    torch.testing.assert_close(interpolate(images.where(kept[:, None], 0.0), kept), images, rtol=0, atol=1e-12)


def test_a_row_does_not_depend_on_its_batch() -> None:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(9, 3, 21, 18, generator=generator, dtype=torch.float64)
    kept = torch.rand(9, 21, 18, generator=generator) < torch.linspace(0.02, 0.9, 9)[:, None, None]
    together = interpolate(images, kept)
    order = torch.randperm(9, generator=generator)
    alone = torch.cat([interpolate(images[i : i + 1], kept[i : i + 1]) for i in range(9)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)
    torch.testing.assert_close(interpolate(images[order], kept[order]), together[order], rtol=0, atol=1e-12)


def test_noise_is_added_to_removed_pixels_only_and_drawn_once_a_sample() -> None:
    images = torch.randn(2, 3, 40, 40, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    kept = torch.zeros(3, 40, 40, dtype=torch.bool)
    kept[:, :3] = True
    kept[2, 20:] = True
    infill = ImageDomain().infill("noisy_linear", images, ("a", "b"), Streams(7))
    rows = infill.apply(kept, torch.tensor([1, 0, 1]))
    noise = rows - interpolate(images[[1, 0, 1]], kept)
    assert noise.where(kept[:, None], 0.0).abs().max() == 0
    torch.testing.assert_close(noise[0, :, 3:20], noise[2, :, 3:20], rtol=0, atol=1e-12)
    drawn = 0.01 * Streams(7).normal("infill/noisy_linear", "b", 0, (3, 40, 40))
    torch.testing.assert_close(noise[0, :, 3:], drawn[:, 3:], rtol=0, atol=1e-12)


def test_where_nothing_is_kept_the_mean_stands_in() -> None:
    images = torch.randn(1, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    mean = torch.tensor([0.25, -1.0], dtype=torch.float64)[:, None, None]
    infill = ImageDomain(mean=mean).infill("noisy_linear", images, ("a",), Streams(0))
    assert isinstance(infill, NoisyLinearImage)
    rows = infill.apply(torch.zeros(1, 6, 6, dtype=torch.bool), torch.tensor([0]))
    torch.testing.assert_close(rows, mean + infill.noise, rtol=0, atol=0)
    whole = infill.apply(torch.ones(1, 6, 6, dtype=torch.bool), torch.tensor([0]))
    assert torch.equal(whole, images)
