"""The local mean against its definition, pixel by pixel, and what every infill must hold."""

import pytest
import torch

from whybench.domains import ImageDomain, TabularDomain
from whybench.domains.local_mean import window_side
from whybench.streams import Streams


def slow_local_mean(image, kept, mean):
    height, width = kept.shape
    half = window_side(height, width) // 2
    result = torch.empty_like(image)
    for y in range(height):
        for x in range(width):
            around = [
                image[:, v, u]
                for v in range(max(0, y - half), min(height, y + half + 1))
                for u in range(max(0, x - half), min(width, x + half + 1))
                if kept[v, u]
            ]
            result[:, y, x] = sum(around) / len(around) if around else mean
    return result


@pytest.mark.parametrize("shape", [(8, 6), (70, 65)])
def test_equals_the_definition(shape):
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(2, 3, *shape, generator=generator, dtype=torch.float64)
    mean = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)[:, None, None]
    kept = torch.rand(3, *shape, generator=generator) < 0.15
    kept[2] = False
    sample = torch.tensor([1, 0, 1])
    infill = ImageDomain(mean=mean).infill("local", images, ["a", "b"], Streams(0))
    imputed, applied = infill.imputed(kept, sample), infill.apply(kept, sample)
    for row, i in enumerate(sample.tolist()):
        expected = slow_local_mean(images[i], kept[row], mean[:, 0, 0])
        assert (imputed[row] - expected).abs().max() <= 1e-13
        assert torch.equal(applied[row], torch.where(kept[row], images[i], imputed[row]))
    assert (imputed[2] == mean).all()


INFILLS = ["zero", "mean", "blur", "local", "uniform", "noisy_linear"]


@pytest.mark.parametrize("name", INFILLS)
@pytest.mark.parametrize("kind", ["image", "table"])
def test_an_infill_is_what_it_imputes_with_the_kept_features_put_back(name, kind):
    if kind == "table" and name in ("blur", "local"):
        pytest.skip("of images only")
    generator = torch.Generator().manual_seed(2)
    shape = (2, 2, 8, 6) if kind == "image" else (2, 5)
    inputs = torch.randn(shape, generator=generator, dtype=torch.float64)
    images = ImageDomain(low=-4.0, high=4.0, mean=0.3)
    table = TabularDomain(low=-4.0, high=4.0, mean=0.3, covariance=torch.eye(5, dtype=torch.float64) + 0.5)
    domain = images if kind == "image" else table
    kept = torch.rand(3, *domain.grid(shape), generator=generator) < 0.4
    kept[0], kept[1] = True, False
    sample = torch.tensor([1, 0, 1])
    infill = domain.infill(name, inputs, ["a", "b"], Streams(0))
    expected = torch.where(domain.over_channels(kept), inputs[sample], infill.imputed(kept, sample))
    assert torch.equal(infill.apply(kept, sample), expected)


def test_it_is_no_default_of_metrics():
    assert ImageDomain().default_infills == ("mean", "blur", "noisy_linear")
