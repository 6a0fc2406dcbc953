import numpy as np
import pytest
import torch
import torch.nn.functional as F

from whybench.plots import Column, column_relevance, gallery, normalised, shown
from whybench.plots.gallery import cell_side


def test_inputs_are_brought_back_to_their_bounds() -> None:
    low, high = torch.full((1, 3, 2, 2), -1.0), torch.full((1, 3, 2, 2), 3.0)
    inputs = torch.tensor([-1.0, 1.0, 3.0]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    pictures = shown(inputs, low, high)
    assert pictures.shape == (1, 2, 2, 3)
    np.testing.assert_allclose(pictures[0, 0, 0], [0.0, 0.5, 1.0])
    assert shown(torch.full((2, 1, 4, 5), 9.0), torch.zeros(1, 1, 4, 5), torch.ones(1, 1, 4, 5)).max() == 1.0


def test_maps_are_divided_by_their_own_largest_value_and_keep_their_sign() -> None:
    relevance = torch.tensor([[2.0, -4.0], [0.0, 1.0]])
    np.testing.assert_array_equal(normalised(relevance, (2, 2)), [[0.5, -1.0], [0.0, 0.25]])
    np.testing.assert_array_equal(normalised(torch.zeros(2, 2), (2, 2)), np.zeros((2, 2)))


def test_coarse_maps_are_interpolated_as_the_image_domain_does() -> None:
    relevance = torch.tensor([[1.0, 0.0], [0.0, -0.5]], dtype=torch.float64)
    full = F.interpolate(relevance[None, None], (8, 8), mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_allclose(normalised(relevance, (8, 8)), full / full.abs().max())


def test_fine_maps_are_averaged_in_cells_before_they_are_divided() -> None:
    assert (cell_side((8, 8)), cell_side((56, 56)), cell_side((57, 20)), cell_side((224, 224))) == (1, 1, 2, 4)
    relevance = torch.randn(224, 224, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    cells = np.array([[relevance[4 * i : 4 * i + 4, 4 * j : 4 * j + 4].mean() for j in range(56)] for i in range(56)])
    np.testing.assert_allclose(normalised(relevance, (224, 224)), cells / np.abs(cells).max(), atol=1e-12)


def test_gallery_has_one_image_a_picture_and_map_on_one_scale() -> None:
    draws = torch.Generator().manual_seed(1)
    maps = [torch.randn(8, 8, generator=draws, dtype=torch.float64) * 10**k for k in range(2)]
    columns = [Column("gradient", maps), Column("half", [maps[0], None])]
    ax = gallery(np.zeros((2, 8, 8)), ["seven (d7)", "one (d1)"], columns)
    assert len(ax.images) == 5
    assert [image.get_clim() for image in ax.images] == [(0, 1), (-1, 1), (-1, 1), (0, 1), (-1, 1)]
    assert {image.get_cmap().name for image in ax.images} == {"gray", "RdBu_r"}
    np.testing.assert_array_equal(ax.images[1].get_array(), normalised(maps[0], (8, 8)))
    np.testing.assert_array_equal(ax.images[4].get_array(), normalised(maps[1], (8, 8)))
    texts = [t.get_text() for t in ax.texts]
    assert texts == ["seven (d7)", "one (d1)", "input", "gradient", "half"]


def test_pictures_do_not_overlap_and_keep_their_shape() -> None:
    ax = gallery(np.zeros((2, 4, 8)), ["a", "b"], [Column("m", [torch.ones(4, 8), torch.ones(4, 8)])])
    extents = [image.get_extent() for image in ax.images]
    for left, right, bottom, top in extents:
        assert (right - left) == pytest.approx(2 * (bottom - top))
    assert extents[0][1] <= extents[1][0]
    assert extents[0][2] <= extents[2][3]


def test_column_bars_are_the_means_over_samples() -> None:
    relevance = np.array([[1.0, -2.0, 0.0], [3.0, 2.0, 0.0]])
    ax = column_relevance(relevance, ("age", "weight", "height"), [1, 0])
    assert [bar.get_width() for bar in ax.patches] == [2.0, 2.0]
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    np.testing.assert_array_equal(dots.get_xdata(), [0.0, 2.0])
    assert [t.get_text() for t in ax.get_yticklabels()] == ["weight", "age"]
