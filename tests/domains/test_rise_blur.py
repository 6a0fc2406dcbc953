"""RISE's blur: the kernel by folding a Gaussian, and the border."""

from math import exp

import pytest
import torch

from whybench.domains import ImageDomain
from whybench.domains.rise_blur import rise_blur
from whybench.streams import Streams


def folded_kernel() -> list[float]:
    """What a Gaussian filter with reflecting edges makes of a single pixel in the middle of eleven."""
    weights = {offset: exp(-0.5 * (offset / 5.0) ** 2) for offset in range(-20, 21)}
    total, kernel = sum(weights.values()), [0.0] * 11
    for offset, weight in weights.items():
        place = 5 + offset
        while not 0 <= place < 11:
            place = -1 - place if place < 0 else 21 - place
        kernel[place] += weight / total
    return kernel


def test_one_pixel_becomes_the_kernel() -> None:
    image = torch.zeros(1, 2, 25, 23, dtype=torch.float64)
    image[0, 1, 12, 11] = 1.0
    line = torch.tensor(folded_kernel(), dtype=torch.float64)
    blurred = rise_blur(image)
    torch.testing.assert_close(blurred[0, 1, 7:18, 6:17], line[:, None] * line, rtol=0, atol=1e-15)
    assert blurred.sum().item() == pytest.approx(1.0, abs=1e-12)
    assert (blurred[0, 0] == 0).all()


def test_beyond_the_border_the_image_is_zero() -> None:
    line = folded_kernel()
    blurred = rise_blur(torch.ones(1, 1, 30, 30, dtype=torch.float64))
    assert blurred[0, 0, 15, 15].item() == pytest.approx(1.0, abs=1e-12)
    assert blurred[0, 0, 0, 0].item() == pytest.approx(sum(line[5:]) ** 2, abs=1e-12)


def test_the_infills_of_peers_are_those_of_the_domain() -> None:
    images = torch.randn(2, 3, 9, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    nothing, both = torch.zeros(2, 9, 8, dtype=torch.bool), torch.arange(2)
    domain, ids = ImageDomain(), ("a", "b")
    filled = domain.infill("rise_blur", images, ids, Streams(0)).apply(nothing, both)
    assert torch.equal(filled, rise_blur(images))
    lowest = domain.infill("lowest", images, ids, Streams(0)).apply(nothing, both)
    assert torch.equal(lowest, images.amin((1, 2, 3), keepdim=True).expand_as(images))
