"""Drawn shapes: what is drawn, that the mask is all that the shape changes, that nothing else tells the class."""

import math

import numpy as np
import pytest
import torch

from whybench.datasets.drawn_shapes import KINDS, DrawnShapes, Scene, background
from whybench.datasets.shapes import BAR, SHAPES, coverage
from whybench.loading import load
from whybench.suite import block

DIGEST = "8dd42c15ccb4c4837f73a19dbdf7bd22033b13ae88d48d5f7eb7d8b6be903fb7"
TRAINING_DIGEST = "8ce873efa6cc20d69d9c578515b2a4e58a8a23f180815efce5263577e76b4576"
REACH = math.sqrt(1 - BAR**2)


def corners(count: int, first: float, radius: float = 1.0) -> list[complex]:
    return [radius * np.exp(1j * (first + 2 * math.pi * k / count)) for k in range(count)]


def star() -> list[complex]:
    up, inner = -math.pi / 2, math.cos(2 * math.pi / 5) / math.cos(math.pi / 5)
    pairs = zip(corners(5, up), corners(5, up + math.pi / 5, inner), strict=True)
    return [corner for pair in pairs for corner in pair]


# x to the right is real, y downwards imaginary; all stand upright
POLYGONS = {
    "disc": corners(720, 0.0),
    "half_disc": [np.exp(-1j * math.pi * k / 360) for k in range(361)],
    "square": corners(4, math.pi / 4),
    "triangle": corners(3, -math.pi / 2),
    "cross": [turn * complex(*p) for turn in (1, 1j, -1, -1j) for p in ((REACH, -BAR), (REACH, BAR), (BAR, BAR))],
    "star": star(),
}


def by_counting(shape: str, size: int, centre: tuple[float, float], radius: float, angle: float) -> np.ndarray:
    """Each pixel's share by 8 x 8 points in it that lie inside of the shape's polygon (an odd number of crossings)."""
    points = (np.arange(8 * size) + 0.5) / 8
    x, y = points[None, :], points[:, None]
    outline = [centre[1] + 1j * centre[0] + radius * p * np.exp(1j * angle) for p in POLYGONS[shape]]
    inside = np.zeros((8 * size, 8 * size), dtype=bool)
    for a, b in zip(outline, outline[1:] + outline[:1], strict=True):
        if a.imag != b.imag:
            across = a.real + (y - a.imag) * (b.real - a.real) / (b.imag - a.imag)
            inside ^= ((a.imag > y) != (b.imag > y)) & (x < across)
    return inside.reshape(size, 8, size, 8).mean((1, 3))


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_cover_what_their_polygons_hold(shape: str) -> None:
    where = (24, (11.3, 12.9), 9.7, 0.23)
    ours, counted = coverage(shape, *where), by_counting(shape, *where)
    assert ((ours > 0) >= (counted > 0.1)).all()
    assert ((ours == 1) <= (counted > 0.9)).all()
    apart = np.abs(ours - counted)
    assert np.sort(apart.flatten())[-11] < 0.12  # tips and inner corners, of which the star has ten, are rounder
    assert apart.max() < 0.45
    assert ours.sum() == pytest.approx(counted.sum(), rel=0.02)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_quarter_turn_of_a_shape_is_a_quarter_turn_of_its_picture(shape: str) -> None:
    upright, turned = (coverage(shape, 20, (10.0, 10.0), 8.0, angle) for angle in (0.0, math.pi / 2))
    assert np.abs(np.rot90(upright, -1) - turned).max() < 1e-12


@pytest.fixture(scope="module")
def dataset():
    return DrawnShapes().load()


def test_drawn_shapes_are_the_same_anywhere(dataset) -> None:
    again = [Scene(name, row, KINDS).picture() for row, name in enumerate(dataset.ids[:24])]
    assert all((a == b).all() for a, b in zip(again, dataset.samples[:24], strict=True))
    assert dataset.digest == DIGEST
    assert dataset.training.digest == TRAINING_DIGEST


def test_classes_and_kinds_go_round(dataset) -> None:
    assert torch.bincount(dataset.labels).tolist() == [40] * 6
    assert dataset.labels[:8].tolist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert dataset.difficult[:24].tolist() == [False] * 6 + [True] * 6 + [False] * 6 + [True] * 6
    assert dataset.class_names == SHAPES
    assert {(s.shape, str(s.dtype)) for s in dataset.samples} == {((48, 48, 3), "uint8")}
    areas = [int(mask.sum()) for mask in dataset.masks]
    assert areas[:12] == [562, 313, 239, 156, 247, 182, 131, 77, 125, 81, 138, 89]
    assert (min(areas), max(areas)) == (58, 648)


def test_the_training_part_is_another_one(dataset) -> None:
    assert len(dataset.training) == 1800
    assert not set(dataset.training.ids) & set(dataset.ids)
    assert torch.bincount(dataset.training.labels).tolist() == [300] * 6
    assert not {s.tobytes() for s in dataset.training.samples} & {s.tobytes() for s in dataset.samples}


def test_the_mask_is_all_that_the_shape_changes(dataset) -> None:
    changed = []
    for name, sample, mask in zip(dataset.ids, dataset.samples, dataset.masks, strict=True):
        differs = (background(name) != sample).any(2)
        assert not differs[~mask].any()
        changed.append(differs[mask].mean())
    assert min(changed) > 0.97
    assert np.mean(changed) > 0.998


@pytest.mark.parametrize("row", [0, 6])
def test_only_the_outline_depends_on_the_class(row: int) -> None:
    scenes = [Scene("one", row + label, KINDS) for label in range(6)]
    grounds = {scene.picture(left_out=0).tobytes() for scene in scenes}
    assert len(grounds) == 1
    shares, colours = zip(*(scene.shapes()[0] for scene in scenes), strict=True)
    assert all((colour == colours[0]).all() for colour in colours)
    circle = shares[0] > 0
    assert all(circle[share == 1].all() for share in shares)
    assert len({share.tobytes() for share in shares}) == 6


def test_two_shapes_never_touch_and_are_of_two_classes(dataset) -> None:
    pairs = []
    for row in range(240):
        scene = Scene(dataset.ids[row], row, KINDS)
        shapes = scene.shapes()
        assert len(shapes) == 1 + (scene.kind == "two")
        if scene.kind == "two":
            (first, _), (second, _) = shapes
            assert not ((first > 0) & (second > 0)).any()
            assert second.max() == 1
            without = scene.picture(left_out=1) != dataset.samples[row]
            assert not without.any(2)[second == 0].any()
            pairs.append((first > 0).sum())
    assert len(pairs) == 60


def test_no_shape_is_cut_off(dataset) -> None:
    """At the picture's border there is at most the soft end of a tip."""
    for row, name in enumerate(dataset.ids):
        for share, _ in Scene(name, row, KINDS).shapes():
            assert max(share[[0, -1]].max(), share[:, [0, -1]].max()) < 0.4


def test_models_see_the_masks_as_they_are(dataset) -> None:
    bench = load(block("shapes_cnn", "drawn_shapes", ["gradient"], ["roc_auc"], samples=30, target="label"), "cpu")
    assert bench.truth is not None
    assert (bench.truth.masks.numpy() == np.stack(dataset.masks[:30])).all()
    assert bench.truth.difficult.tolist() == dataset.difficult[:30].tolist()
    assert {"training", "retraining"} <= bench.model.capabilities
