"""The blur infill against its definition, pixel by pixel."""

import math

import pytest
import torch

from whybench.domains import ImageDomain
from whybench.domains.blur import blur, kernel_side
from whybench.streams import Streams


def slow_blur(image: torch.Tensor) -> torch.Tensor:
    height, width = image.shape
    side = kernel_side(height, width)
    sigma, half = side / 3, side // 2
    out = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            total = weights = 0.0
            for down in range(-half, half + 1):
                for right in range(-half, half + 1):
                    weight = math.exp(-(down**2 + right**2) / (2 * sigma**2))
                    y, x = min(max(row + down, 0), height - 1), min(max(column + right, 0), width - 1)
                    total += weight * float(image[y, x])
                    weights += weight
            out[row, column] = total / weights
    return out


@pytest.mark.parametrize("shape", [(8, 8), (17, 24), (7, 5)])
def test_every_pixel_is_the_gaussian_mean_around_it(shape: tuple[int, int]) -> None:
    images = torch.randn(2, 3, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    blurred = blur(images)
    for sample in range(2):
        for channel in range(3):
            torch.testing.assert_close(blurred[sample, channel], slow_blur(images[sample, channel]), rtol=0, atol=1e-12)


def test_kernel_scales_with_the_shorter_side() -> None:
    assert [kernel_side(n, 2 * n) for n in (1, 8, 28, 32, 224)] == [1, 3, 7, 9, 57]


def test_constant_images_stay_constant_at_224() -> None:
    torch.testing.assert_close(blur(torch.full((1, 3, 224, 224), 0.3)), torch.full((1, 3, 224, 224), 0.3))


def test_the_infill_puts_the_blurred_pixels_where_nothing_is_kept() -> None:
    images = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    kept = torch.zeros(1, 16, 16, dtype=torch.bool)
    kept[0, :, :5] = True
    rows = ImageDomain().infill("blur", images, ("a",), Streams(0)).apply(kept, torch.tensor([0]))
    assert torch.equal(rows[..., :5], images[..., :5])
    assert torch.equal(rows[..., 5:], blur(images)[..., 5:])
