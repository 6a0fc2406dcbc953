"""Datasets whose evidence is known: where it lies, that nothing else tells the label, that nothing varies."""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from whybench.datasets.imagenet_photos import ImagenetPhotos
from whybench.datasets.mosaics import companions
from whybench.datasets.photograph_mosaics import PhotographMosaics
from whybench.datasets.planted_patches import DECOYS, GLYPHS, PlantedPatches
from whybench.errors import BadParameter
from whybench.loading import load
from whybench.suite import block

PLANTED = "ec65d1f00711f285afc97735ae39ec52066849bd2085e62050820bc769264bfd"
PATTERNS = [*GLYPHS.double().numpy(), *DECOYS.double().numpy()]


def test_planted_patches_hold_one_glyph_and_two_decoys() -> None:
    dataset = PlantedPatches().load()
    assert len(dataset) == 359
    for sample, mask, label in zip(dataset.samples, dataset.masks, dataset.labels.tolist(), strict=True):
        assert mask.sum() == 9
        assert (sample[mask].reshape(3, 3) == 16 * PATTERNS[label]).all()
        assert (sample == 16).sum() == 15
        assert np.delete(sample.flatten(), np.flatnonzero(sample == 16)).max() <= 4
    assert torch.bincount(dataset.labels).tolist() == [86, 79, 97, 97]
    assert dataset.training is not None
    assert len(dataset.training) == 1797 - 359


def test_planted_patches_are_the_same_anywhere() -> None:
    first, second = PlantedPatches().load(), PlantedPatches().load()
    assert first.digest == second.digest == PLANTED
    assert first.ids[0] == "planted_patches_0007"


def windows(image: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(image, (3, 3))


def test_nothing_but_a_whole_glyph_answers_a_filter() -> None:
    """The largest answer of any filter to a window that holds part of a pattern, or a wrong one, on any background."""
    largest = 5 * 0.25
    for filter_, (number, pattern) in itertools.product(range(4), enumerate(PATTERNS)):
        weights = 2 * PATTERNS[filter_] - 1
        for down, right in itertools.product(range(-2, 3), repeat=2):
            if (down, right) == (0, 0) and number == filter_:
                continue
            answer = 0.0
            for y, x in itertools.product(range(3), repeat=2):
                inside = 0 <= y + down < 3 and 0 <= x + right < 3
                value = pattern[y + down, x + right] if inside else 0.25 * (weights[y, x] > 0)
                answer += weights[y, x] * value
            largest = max(largest, answer)
    assert largest == 3.0


def test_the_patch_detector_sees_the_mask_and_nothing_else() -> None:
    bench = load(block("patch_detector", "planted_patches", ["gradient"], ["roc_auc"]), "cpu")
    assert bench.truth is not None
    module, masks = bench.model.module, bench.truth.masks[:, None]
    inputs = bench.inputs.clone().requires_grad_()
    outputs = module(inputs)
    assert torch.equal(outputs, 10 * torch.nn.functional.one_hot(bench.labels, 4).float())
    (gradient,) = torch.autograd.grad(outputs.gather(1, bench.labels[:, None]).sum(), inputs)
    assert (gradient[~masks] == 0).all()
    assert (gradient[masks] != 0).all()
    elsewhere = torch.where(masks, bench.inputs, bench.inputs.roll(1, 0) * 0.25)
    assert torch.equal(module(elsewhere), outputs)
    gone = torch.where(masks, torch.zeros(()), bench.inputs)
    assert (module(gone) == 0).all()
    answers = module[0](bench.inputs)
    assert answers.flatten(2).topk(2).values[..., 1].max().item() <= -1.0


def test_mosaics_are_made_of_four_photographs_of_four_classes() -> None:
    mosaics, photographs = PhotographMosaics(side=20).load(), ImagenetPhotos().load()
    tiles = [np.array(Image.fromarray(p).resize((20, 20), Image.Resampling.BICUBIC)) for p in photographs.samples]
    labels = photographs.labels.tolist()
    assert len(mosaics) == 80
    seen = []
    for image, mask, label, name in zip(mosaics.samples, mosaics.masks, mosaics.labels, mosaics.ids, strict=True):
        assert image.shape == (40, 40, 3)
        shown = []
        for row, column in itertools.product((0, 20), repeat=2):
            part = image[row : row + 20, column : column + 20]
            (found,) = (i for i, tile in enumerate(tiles) if (tile == part).all())
            shown.append(found)
            inside = mask[row : row + 20, column : column + 20]
            assert inside.all() == (labels[found] == label.item())
            assert inside.any() == inside.all()
        assert len({labels[i] for i in shown}) == 4
        assert mask.sum() == 400
        place = int(name[-1])
        assert name == f"{photographs.ids[shown[place]]}_{place}"
        seen.append((shown[place], place))
    assert sorted(seen) == sorted(itertools.product(range(20), range(4)))


def test_mosaics_keep_their_masks_in_the_model() -> None:
    bench = load(
        block("efficientnet_lite0", "photograph_mosaics", ["gradient"], ["focus"], samples=5, target="label"), "cpu"
    )
    assert bench.truth is not None
    dataset = PhotographMosaics().load().take(5)
    assert bench.truth.masks.tolist() == np.stack(dataset.masks).tolist()


def test_companions_are_of_other_classes() -> None:
    labels = [1, 1, 2, 3, 4, 5, 1, 6]
    for first in range(8):
        others = companions(labels, first)
        assert len(set(others)) == 3
        assert labels[first] not in [labels[i] for i in others]


def test_a_side_below_one_is_refused() -> None:
    with pytest.raises(BadParameter, match="side=0"):
        PhotographMosaics(side=0)
