"""Mosaics of digits: which digits stand where, and what models learn from."""

import itertools

import numpy as np
import torch

from whybench.datasets import digits
from whybench.datasets.digit_mosaics import DigitMosaics
from whybench.loading import load
from whybench.suite import block

DIGEST = "ddb75786ca080f553a634fbea80461dfb4481c56c3dd23f2a8a28b512ce71caf"


def test_mosaics_are_made_of_four_held_out_digits() -> None:
    dataset = DigitMosaics().load()
    _, held_out = digits.parts()
    known = {image.tobytes(): position for position, image in enumerate(held_out.samples)}
    labels = held_out.targets.tolist()
    assert len(dataset) == 359
    assert dataset.labels.tolist() == labels
    for position, (image, mask, name) in enumerate(zip(dataset.samples, dataset.masks, dataset.ids, strict=True)):
        tiles = [np.s_[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] for row, column in np.ndindex(2, 2)]
        shown = [known[np.ascontiguousarray(image[tile]).tobytes()] for tile in tiles]
        place = position % 4
        assert shown[place] == position
        assert len(set(shown)) == 4
        assert labels[position] not in [labels[other] for at, other in enumerate(shown) if at != place]
        assert [bool(mask[tile].all()) for tile in tiles] == [at == place for at in range(4)]
        assert mask.sum() == 64
        assert name == f"digit_mosaics_{held_out.rows[position]:04d}_{place}"


def test_digit_mosaics_are_the_same_anywhere() -> None:
    first, second = DigitMosaics().load(), DigitMosaics().load()
    assert first.digest == second.digest == DIGEST


def test_what_is_learned_from_is_one_digit_alone() -> None:
    dataset = DigitMosaics().load()
    training, _ = digits.parts()
    assert dataset.training is not None
    assert dataset.training.labels.tolist() == training.targets.tolist()
    assert not set(dataset.training.ids) & set(dataset.ids)
    for image, mask, digit in zip(dataset.training.samples, dataset.training.masks, training.samples, strict=True):
        assert (image[mask] == digit.flatten()).all()
        assert not image[~mask].any()
    places = [tuple(np.argwhere(mask)[0] // 8) for mask in dataset.training.masks[:8]]
    assert places == [*itertools.product(range(2), repeat=2)] * 2


def test_focus_takes_the_masks() -> None:
    bench = load(block("mosaic_cnn", "digit_mosaics", ["gradient"], ["focus"], samples=8, target="label"), "cpu")
    assert bench.truth is not None
    assert bench.truth.masks.sum((1, 2)).tolist() == [64] * 8
    assert {"training", "retraining"} <= bench.model.capabilities
    assert torch.equal(
        bench.inputs.squeeze(1), torch.from_numpy(np.stack(DigitMosaics().load().samples[:8]) / 16).float()
    )
