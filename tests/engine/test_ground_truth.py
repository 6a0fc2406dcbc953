"""Ground truth on its way from a dataset, or from a caller, to the case that a metric sees."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import whybench
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadInput
from whybench.loading import load
from whybench.models.efficientnet_lite import Resized
from whybench.protocols import Dataset, Model, Truth
from whybench.protocols.truth import seen_mask
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, block

SIDE = 12
MASK = np.zeros((SIDE, SIDE), dtype=bool)
MASK[2:6, 4:11] = True


def images(**facts: object) -> Dataset:
    pixels = np.random.default_rng(0).random((4, SIDE, SIDE)).astype("float32")
    masks = [np.roll(MASK, shift, axis=0) for shift in range(4)]
    return Dataset("images", list(pixels), tuple("abcd"), torch.tensor([0, 1, 1, 0]), **{"masks": masks, **facts})


def network(side: int = SIDE) -> nn.Module:
    net = nn.Sequential(nn.Flatten(), nn.Linear(side * side, 2))
    net[1].weight.data = torch.linspace(-1, 1, 2 * side * side).view(2, -1)
    net[1].bias.data.zero_()
    return net


def model(preprocess: Callable[[np.ndarray], Tensor] | None = None, side: int = SIDE) -> Model:
    return Model("net", network(side), ImageDomain(), preprocess=preprocess or (lambda s: torch.as_tensor(s)[None]))


def bench(dataset: Dataset, chosen: Model | None = None, target: str = "predicted"):
    return load(block(chosen or model(), dataset, ["gradient"], ["relevance_mass"], target=target), "cpu")


def test_masks_reach_the_bench_and_its_digest() -> None:
    plain, known = images(masks=None), images()
    assert bench(plain).truth is None
    truth = bench(known).truth
    assert truth is not None
    assert truth.masks.tolist() == np.stack(known.masks).tolist()
    moved = replace(known, masks=[np.roll(m, 1, axis=1) for m in known.masks])
    marked = replace(known, difficult=torch.tensor([True, False, False, False]))
    assert len({bench(d).digest for d in (plain, known, moved, marked)}) == 4
    assert len({d.digest for d in (plain, known, moved, marked)}) == 4
    assert bench(known).digest == bench(images()).digest


def test_the_digest_without_ground_truth_is_what_it_was() -> None:
    """Stored explanations of datasets without masks stay valid."""
    rows = Dataset("rows", [np.arange(3.0), np.ones(3)], ("a", "b"), torch.tensor([0, 1]))
    assert rows.digest == "f869d1c4f8ec560a879208607267e1a5a25c5e7a810bb60a00c1e6ff6fd7e573"


def test_fewer_samples_have_their_masks() -> None:
    marked = images(difficult=torch.tensor([True, False, True, False])).take(3)
    assert len(marked.masks) == 3
    assert marked.difficult.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"masks": [MASK]}, "1 masks for 4 samples"),
        ({"difficult": torch.tensor([True])}, r"difficult of shape \(1,\)"),
        ({"difficult": torch.tensor([1.0] * 4)}, "4 samples; expected"),
        ({"masks": None, "difficult": torch.tensor([True] * 4)}, "but has no masks"),
    ],
)
def test_ground_truth_that_does_not_fit_is_refused(facts: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        images(**facts)


@pytest.mark.parametrize("mask", [MASK[:, :5], MASK.astype(float)])
def test_masks_that_do_not_fit_their_samples_are_refused(mask: np.ndarray) -> None:
    with pytest.raises(BadInput, match=r"for a sample of shape \(12, 12\); expected"):
        bench(images(masks=[mask] * 4))


def nearest(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.array(Image.fromarray(mask.astype(np.uint8)).resize(size[::-1], Image.Resampling.NEAREST)) > 0


@pytest.mark.parametrize("size", [(512, 512), (448, 448), (300, 200), (112, 112), (100, 333)])
def test_a_mask_is_resized_with_its_image(size: tuple[int, int]) -> None:
    """By bicubic interpolation, and straight edges go where a resize to the nearest pixel takes them."""
    height, width = size
    mask = np.zeros(size, dtype=bool)
    mask[height // 5 : height // 2, width // 3 : width] = True
    chosen = replace(model(Resized("efficientnet_lite0", 224), 224), class_names=())
    found = seen_mask(chosen, np.zeros((*size, 3), dtype=np.uint8), mask).numpy()
    wanted = nearest(mask, (224, 224))
    edges = (found != wanted).any(1).sum() + (found != wanted).any(0).sum()
    assert found.shape == (224, 224)
    assert (found != wanted).sum() <= 2  # an image's corner of a rectangle is round
    assert edges <= 4


def test_a_mask_is_cropped_and_turned_with_its_image() -> None:
    def centre(sample: np.ndarray) -> Tensor:
        return torch.as_tensor(sample)[2:10, 2:10].flip(1)[None] * 3 - 1

    found = seen_mask(model(centre, 8), np.zeros((SIDE, SIDE), dtype=np.float32), MASK)
    assert found.tolist() == MASK[2:10, 2:10][:, ::-1].tolist()


@pytest.mark.parametrize("shape", [(SIDE, SIDE, 3), (3, SIDE, SIDE)])
def test_masks_of_colour_images_in_either_layout(shape: tuple[int, ...]) -> None:
    channels_last = shape[-1] == 3

    def ready(sample: np.ndarray) -> Tensor:
        pixels = torch.as_tensor(sample)
        return pixels.permute(2, 0, 1) if channels_last else pixels

    assert seen_mask(model(ready), np.zeros(shape, dtype=np.float32), MASK).tolist() == MASK.tolist()


def test_a_preprocessing_that_no_mask_can_follow_is_refused() -> None:
    def standardised(sample: np.ndarray) -> Tensor:
        pixels = torch.as_tensor(sample)[None]
        return (pixels - pixels.mean()) / pixels.std()

    with pytest.raises(BadInput, match="does not tell an all-bright image from an all-dark one"):
        bench(images(), model(standardised))


def test_a_tables_mask_is_one_of_columns() -> None:
    table = Dataset("rows", [np.zeros(5)], ("a",), torch.tensor([0]), masks=[np.arange(5) < 2])
    net = nn.Linear(5, 2)
    rows = Model("net", net, TabularDomain(), preprocess=lambda s: torch.as_tensor(s).float())
    assert bench(table, rows).truth.masks.tolist() == [[True, True, False, False, False]]


def test_evaluate_takes_masks() -> None:
    inputs, masks = torch.rand(3, 1, SIDE, SIDE, dtype=torch.float64), torch.from_numpy(np.stack([MASK] * 3))
    maps = {"mask": masks[:, None].double(), "rest": (~masks)[:, None].double()}
    board = whybench.evaluate(
        network().double(), inputs, 1, methods=maps, metrics=["relevance_mass", "roc_auc"], masks=masks
    )
    scores = board.scores.pivot_table(index="method", columns="metric", values="score")
    assert scores.loc["mask"].tolist() == [1.0, 1.0]
    assert scores.loc["rest"].tolist() == [0.0, 0.0]
    as_array = whybench.evaluate(
        network().double(), inputs, 1, methods=maps, metrics=["roc_auc"], masks=masks.numpy(), difficult=[True] * 3
    )
    assert len(as_array.scores) == 6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"masks": torch.ones(3, 5, 5, dtype=torch.bool)}, r"masks of shape \(3, 5, 5\)"),
        ({"masks": torch.ones(3, SIDE, SIDE)}, "torch.float32; expected"),
        ({"difficult": [True] * 3}, "no masks= say where it is"),
        ({"masks": torch.ones(3, SIDE, SIDE, dtype=torch.bool), "difficult": [True]}, "for 3 samples; expected"),
    ],
)
def test_evaluate_refuses_what_does_not_fit(given: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        whybench.evaluate(
            network(), torch.rand(3, 1, SIDE, SIDE), 1, methods=["constant"], metrics=["roc_auc"], **given
        )


def test_samples_without_masks_are_a_row_with_the_reason() -> None:
    store = Store.memory()
    run(Suite("plain", (block(model(), images(masks=None), ["gradient"], ["roc_auc", "pixel_flipping"]),)), store)
    found = {r.metric: (r.status, r.reason) for r in store.records()}
    assert found["pixel_flipping"] == ("ok", "")
    assert found["roc_auc"] == ("unsupported", "roc_auc needs ground-truth masks, which these samples do not come with")


def test_a_mask_says_nothing_of_another_class_than_the_label() -> None:
    predicted = bench(images())
    wrong = predicted.model.module(predicted.inputs).argmax(1) != predicted.labels
    assert 0 < wrong.sum() < 4
    for target, missing in (("predicted", int(wrong.sum())), ("label", 0)):
        store = Store.memory()
        run(Suite("labels", (block(model(), images(), ["gradient"], ["roc_auc"], target=target),)), store)
        (record,) = store.records()
        assert [s.status for s in record.samples].count("undefined") == missing


def test_truth_checks_itself() -> None:
    with pytest.raises(BadInput, match="expected"):
        Truth(torch.ones(3, 4))
    with pytest.raises(BadInput, match="expected"):
        Truth(torch.ones(3, dtype=torch.bool))
