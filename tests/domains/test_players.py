"""Features as players: superpixels, regions, columns."""

import subprocess
import sys

import pytest
import torch
from scipy.ndimage import label

from whybench.domains import ImageDomain, Players, TabularDomain
from whybench.domains.superpixels import superpixels
from whybench.errors import Unsupported


@pytest.fixture(params=[1, 2, 3])
def image(request):
    """A bright disc on a ramp, with noise."""
    down, across = torch.meshgrid(torch.arange(40.0), torch.arange(56.0), indexing="ij")
    disc = ((down - 20) ** 2 + (across - 30) ** 2 < 100).double()
    noise = torch.randn(request.param, 40, 56, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return 3 * disc + across / 56 + 0.05 * noise


@pytest.mark.parametrize("segments", [4, 20, 50])
def test_superpixels_are_a_partition_into_connected_pieces(image, segments):
    index = superpixels(image, segments)
    assert index.shape == (40, 56)
    assert index.dtype == torch.int64
    numbers, sizes = index.unique(return_counts=True)
    assert numbers.tolist() == list(range(len(numbers)))
    assert sizes.sum() == 40 * 56
    assert segments / 2 <= len(numbers) <= 1.5 * segments
    assert all(label((index == number).numpy())[1] == 1 for number in numbers)


def test_superpixels_follow_edges(image):
    index = superpixels(image, 20)
    disc = (image.mean(0) > 2).long()
    of_one_side = [max((disc[index == n] == side).double().mean() for side in (0, 1)) for n in index.unique()]
    assert min(of_one_side) >= 0.85


def test_superpixels_do_not_depend_on_scale_offset_precision_or_company(image):
    index = superpixels(image.float(), 20)
    assert torch.equal(superpixels(image.float().double(), 20), index)
    assert torch.equal(superpixels(image.float().double() * 4 - 8, 20), index)
    batch = torch.stack([image.flip(1), image.float().double()])
    players = ImageDomain().players(batch, "superpixels", None, 20)
    assert torch.equal(players.index[1], index)


def test_a_flat_image_falls_into_pieces_of_about_the_same_size():
    index = superpixels(torch.zeros(3, 40, 40), 16)
    sides = torch.tensor([11, 10, 10, 9])
    assert torch.equal(torch.bincount(index.flatten()).view(4, 4), torch.outer(sides, sides))


@pytest.mark.parametrize(("side", "counts"), [(8, 64), (28, 196), (32, 256)])
def test_small_images_have_regions(side, counts):
    players = ImageDomain().players(torch.zeros(2, 1, side, side))
    assert players.counts == (counts, counts)


def test_large_images_have_superpixels_unless_told_otherwise():
    images = torch.zeros(2, 3, 40, 48)
    assert len(set(ImageDomain().players(images, None, None, 12).counts)) == 1
    assert ImageDomain().players(images, None, None, 12).counts[0] <= 18
    assert ImageDomain().players(images, "regions", 8).counts == (30, 30)
    assert ImageDomain().players(images, None, 8).counts == (30, 30)


def test_columns():
    assert TabularDomain().players(torch.zeros(2, 5)).counts == (5, 5)
    assert TabularDomain().players(torch.zeros(2, 5), "regions", 2).index[0].tolist() == [0, 0, 1, 1, 2]
    with pytest.raises(Unsupported, match="superpixels are pieces of images"):
        TabularDomain().players(torch.zeros(2, 5), "superpixels")


def test_players_with_different_counts():
    players = Players(torch.tensor([[[0, 0], [1, 2]], [[0, 1], [1, 1]]]))
    assert players.counts == (3, 2)
    assert players.sizes.tolist() == [[2, 1, 1], [1, 3, 0]]
    kept = torch.tensor([[True, False, True], [False, True, True]])
    assert players.mask(kept, torch.tensor([0, 1])).tolist() == [
        [[True, True], [False, True]],
        [[False, True], [True, True]],
    ]
    assert players.mask(kept, torch.tensor([1, 0])).tolist() == [
        [[True, False], [False, False]],
        [[False, False], [True, True]],
    ]
    values = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 0.0]])
    assert players.spread(values).tolist() == [[[1.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [5.0, 5.0]]]


def test_the_segmentation_library_is_imported_late():
    code = "import sys, whybench.methods; assert not any(m.split('.')[0] == 'skimage' for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
