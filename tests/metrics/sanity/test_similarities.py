"""Similarities against scipy and a slow re-implementation."""

import numpy as np
import pytest
import torch
from scipy.stats import rankdata, spearmanr
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution.similarities import SIMILARITIES, Reference, centred_ranks, window


def maps(seed: int, shape: tuple[int, ...] = (4, 9, 8), levels: int | None = None) -> Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return values if levels is None else (values * levels).round()


def slow_ssim(a: np.ndarray, b: np.ndarray, size: int) -> float:
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    c1, c2, seen = 0.02**2, 0.06**2, []
    for row in range(a.shape[0] - size + 1):
        for column in range(a.shape[1] - size + 1):
            u = a[row : row + size, column : column + size].ravel()
            v = b[row : row + size, column : column + size].ravel()
            s = np.cov(u, v)
            top = (2 * u.mean() * v.mean() + c1) * (2 * s[0, 1] + c2)
            seen.append(top / ((u.mean() ** 2 + v.mean() ** 2 + c1) * (s[0, 0] + s[1, 1] + c2)))
    return float(np.mean(seen))


@pytest.mark.parametrize("levels", [None, 1, 3])
def test_ranks_are_scipys_average_ranks(levels: int | None) -> None:
    values = maps(0, levels=levels)
    expected = np.stack([2 * rankdata(v.ravel()) - 73 for v in values.numpy()])
    assert (centred_ranks(values).numpy() == expected).all()


@pytest.mark.parametrize("levels", [None, 1, 3])
@pytest.mark.parametrize("name", ["spearman", "spearman_abs"])
def test_rank_correlation_is_scipys(name: str, levels: int | None) -> None:
    a, b = maps(0, levels=levels), maps(1, levels=levels) + maps(0, levels=levels)
    sign = np.abs if name == "spearman_abs" else np.asarray
    expected = [spearmanr(sign(u.numpy()).ravel(), sign(v.numpy()).ravel())[0] for u, v in zip(a, b, strict=True)]
    values, _ = Reference(name, a).similarity(b)
    np.testing.assert_allclose(values.numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("shape", "size"), [((2, 9, 8), 3), ((2, 12, 11), 5), ((2, 14, 20), 7), ((2, 17, 30), 7)])
def test_ssim_is_the_slow_one(shape: tuple[int, ...], size: int) -> None:
    a, b = maps(0, shape), 5 * maps(0, shape) + maps(1, shape)
    values, _ = Reference("ssim", a).similarity(b)
    assert window(shape[1:]) == size
    expected = [slow_ssim(u, v, size) for u, v in zip(a.numpy(), b.numpy(), strict=True)]
    np.testing.assert_allclose(values.numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SIMILARITIES)
@pytest.mark.parametrize("seed", range(5))
def test_equal_maps_are_exactly_alike(name: str, seed: int) -> None:
    values, constant = Reference(name, maps(seed)).similarity(maps(seed))
    assert values.tolist() == [1.0] * 4
    assert not constant.any()


def test_the_reverse_is_exactly_opposite() -> None:
    values, _ = Reference("spearman", maps(0)).similarity(-maps(0))
    assert values.tolist() == [-1.0] * 4
    values, _ = Reference("spearman_abs", maps(0)).similarity(-maps(0))
    assert values.tolist() == [1.0] * 4


@pytest.mark.parametrize("name", SIMILARITIES)
def test_scale_changes_no_bit(name: str) -> None:
    reference = Reference(name, maps(0))
    assert torch.equal(reference.similarity(maps(1))[0], reference.similarity(2.0**-30 * maps(1))[0])


@pytest.mark.parametrize("name", SIMILARITIES)
def test_a_map_of_another_magnitude_beside_it_changes_no_bit(name: str) -> None:
    other = maps(1)
    other[1:] *= 1e6
    assert Reference(name, maps(0)).similarity(maps(1))[0][0] == Reference(name, maps(0)).similarity(other)[0][0]


@pytest.mark.parametrize("name", SIMILARITIES)
def test_constant_maps_are_named_and_have_nothing_in_common(name: str) -> None:
    a, b = maps(0), maps(1)
    a[1], b[2], b[3] = 0.7, 0.0, 5.0
    reference = Reference(name, a)
    values, constant = reference.similarity(b)
    assert reference.constant.tolist() == [False, True, False, False]
    assert constant.tolist() == [False, False, True, True]
    assert values[0] != 0
    assert values[1:].tolist() == [0.0, 0.0, 0.0]


def test_only_exact_equality_is_constant() -> None:
    a = torch.full((1, 4, 4), 0.1, dtype=torch.float64)
    a[0, 2, 2] = np.nextafter(0.1, 1)
    assert not Reference("spearman", a).constant.any()
    signs = torch.ones(1, 4, 4, dtype=torch.float64)
    signs[0, 0] = -1
    assert not Reference("spearman", signs).constant.any()
    assert Reference("spearman_abs", signs).constant.all()


def test_what_cannot_be_compared() -> None:
    with pytest.raises(BadParameter, match=r"similarity='pearson'; allowed: spearman, spearman_abs, ssim"):
        Reference("pearson", maps(0))
    with pytest.raises(Unsupported, match=r"ssim compares images of at least 3 x 3 features; the maps are \(72,\)"):
        Reference("ssim", maps(0).flatten(1))
    with pytest.raises(Unsupported, match=r"the maps are \(2, 9\)"):
        Reference("ssim", maps(0, (1, 2, 9)))
