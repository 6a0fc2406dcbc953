"""The evidence lies in the mask, for models that have been trained: without it they do not answer with the label."""

import pytest
import torch
from torch import Tensor

from whybench.datasets import drawn_shapes
from whybench.datasets.planted_patches import GLYPHS
from whybench.loading import Bench, load
from whybench.suite import block

PAIRS = {"patch_cnn": "planted_patches", "shapes_cnn": "drawn_shapes", "mosaic_cnn": "digit_mosaics"}


@pytest.fixture(scope="module", params=PAIRS)
def pair(request: pytest.FixtureRequest) -> Bench:
    return bench(request.param)


def bench(model: str) -> Bench:
    return load(block(model, PAIRS[model], ["gradient"], ["roc_auc"], target="label"), "cpu")


def logits(found: Bench, inputs: Tensor) -> Tensor:
    with torch.inference_mode():
        return found.model.module(inputs).clone()


def right(outputs: Tensor, labels: Tensor) -> float:
    return (outputs.argmax(1) == labels).double().mean().item()


def falls(before: Tensor, after: Tensor, labels: Tensor) -> float:
    """The share of samples in which the label's logit falls."""
    return (after < before).gather(1, labels[:, None]).double().mean().item()


def only(found: Bench, masks: Tensor, fill: Tensor | float = 0.0) -> Tensor:
    return torch.where(masks, found.inputs, torch.as_tensor(fill, dtype=found.inputs.dtype))


def test_the_glyph_decides_and_nothing_else_does() -> None:
    found = bench("patch_cnn")
    assert found.truth is not None
    masks, labels = found.truth.masks[:, None], found.labels
    seen = logits(found, found.inputs)
    assert right(seen, labels) == 1.0
    gone = logits(found, only(found, ~masks))
    assert falls(seen, gone, labels) == 1.0
    assert right(gone, labels) < 0.3
    assert gone.softmax(1).gather(1, labels[:, None]).double().mean().item() == pytest.approx(0.25, abs=0.05)
    assert right(logits(found, only(found, masks)), labels) == 1.0


def test_another_glyph_in_its_place_makes_another_label() -> None:
    found = bench("patch_cnn")
    assert found.truth is not None
    others = (found.labels + 1) % len(GLYPHS)
    swapped = found.inputs.clone()
    swapped[found.truth.masks[:, None]] = GLYPHS[others].to(swapped).flatten()
    assert right(logits(found, swapped), others) > 0.99


def test_shapes_are_told_and_without_them_nothing_is() -> None:
    found = bench("shapes_cnn")
    assert found.truth is not None
    assert found.truth.difficult is not None
    kinds = [drawn_shapes.Scene(name, row, drawn_shapes.KINDS).kind for row, name in enumerate(found.ids)]
    alone = torch.tensor([kind != "two" for kind in kinds])
    seen = logits(found, found.inputs)
    assert right(seen[alone], found.labels[alone]) > 0.95
    empty = torch.stack([found.model.preprocess(drawn_shapes.background(name)) for name in found.ids])
    gone = logits(found, empty)
    assert right(gone[alone], found.labels[alone]) < 0.3
    assert falls(seen, gone, found.labels) > 0.95


def test_a_digit_is_found_alone_and_adds_its_evidence_to_a_mosaic() -> None:
    found = bench("mosaic_cnn")
    assert found.truth is not None
    masks = found.truth.masks[:, None]
    assert right(logits(found, only(found, masks)), found.labels) > 0.95
    seen, gone = logits(found, found.inputs), logits(found, only(found, ~masks))
    assert falls(seen, gone, found.labels) > 0.95
    assert right(gone, found.labels) < 0.05


def test_ready_to_be_explained(pair: Bench) -> None:
    model = pair.model
    assert not model.module.training
    assert not any(p.requires_grad for p in model.module.parameters())
    assert {"gradients", "layers", "bounds", "classes", "image", "training", "retraining"} <= model.capabilities
    assert model.domain.low <= pair.inputs.min().item()
    assert model.domain.high >= pair.inputs.max().item()
    assert model.training is not None
    channels = model.training.inputs.double().mean((0, 2, 3))
    assert torch.allclose(torch.as_tensor(model.domain.mean).double().flatten(), channels, atol=1e-6)
    assert model.module.get_submodule(model.layers["cam"])(torch.tensor(-1.0)) == 0


def test_training_again_gives_the_own_weights() -> None:
    """`train_on` keeps nothing, so that this is trained once more."""
    found = bench("patch_cnn").model
    assert found.retraining is not None
    assert found.retraining.train_on is not None
    weights = found.retraining.train_on(found.retraining.inputs, found.retraining.labels, 0)
    own = found.module.state_dict()
    assert weights.keys() == own.keys()
    assert all(torch.equal(weights[name], own[name]) for name in own)
