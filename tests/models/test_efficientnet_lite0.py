"""EfficientNet-Lite0 with its ImageNet weights, on the 20 photographs."""

import os

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from whybench import registries
from whybench.datasets import ImagenetFolder, ImagenetPhotos
from whybench.errors import BadInput
from whybench.models import efficientnet_lite
from whybench.protocols import Dataset, Model
from whybench.protocols.dataset import stack
from whybench.resolver import resolve

SAMPLE = os.environ.get("WHYBENCH_IMAGENET_SAMPLE", "")


@pytest.fixture(scope="module")
def model() -> Model:
    found = resolve(registries.models, "efficientnet_lite0").load()
    assert isinstance(found, Model)
    return found


def right(model: Model, dataset: Dataset) -> int:
    """How many samples of a dataset the model classifies as labelled, four at a time."""
    count = 0
    with torch.inference_mode():
        for start in range(0, len(dataset), 4):
            part = slice(start, start + 4)
            logits = model.module(
                stack([model.preprocess(sample) for sample in dataset.samples[part]], len(dataset.samples[part]))
            )
            count += int((logits.argmax(1) == dataset.labels[part]).sum())
    return count


def test_top_1_is_17_of_20(model: Model) -> None:
    assert right(model, ImagenetPhotos().load()) == 17


@pytest.mark.skipif(not SAMPLE, reason="WHYBENCH_IMAGENET_SAMPLE names no folder of ImageNet photographs")
def test_top_1_on_a_folder_of_photographs(model: Model) -> None:
    dataset = ImagenetFolder(SAMPLE).load()
    assert right(model, dataset) / len(dataset) > 0.65


def test_the_layer_for_cams_last_gives_what_is_averaged(model: Model) -> None:
    calls: list[Tensor] = []
    pooled: list[Tensor] = []
    layer, pooling = model.module.get_submodule(model.layers["cam"]), model.module.get_submodule("_avg_pooling")
    handles = [
        layer.register_forward_hook(lambda module, args, output: calls.append(output)),
        pooling.register_forward_hook(lambda module, args, output: pooled.append(args[0])),
    ]
    with torch.inference_mode():
        logits = model.module(torch.zeros(1, 3, 224, 224))
    for handle in handles:
        handle.remove()
    assert [tuple(call.shape) for call in calls] == [(1, 32, 112, 112), (1, 1280, 7, 7)]
    assert torch.equal(calls[-1], pooled[0])
    assert isinstance(layer, nn.ReLU6)
    head = model.module.get_submodule("_fc")
    assert isinstance(head, nn.Linear)
    assert (F.linear(calls[-1].mean((2, 3)), head.weight, head.bias) - logits).abs().max() < 1e-4


def test_loading_prints_nothing_and_draws_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    state = torch.get_rng_state()
    module = efficientnet_lite.network(0)
    assert torch.equal(torch.get_rng_state(), state)
    assert capsys.readouterr() == ("", "")
    assert not any(m.training for m in module.modules())
    assert not any(p.requires_grad for p in module.parameters())


def test_preprocessing(model: Model) -> None:
    sample = np.random.default_rng(0).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    resized = np.asarray(Image.fromarray(sample).resize((224, 224), Image.Resampling.BICUBIC)).astype(np.float64)
    expected = np.stack([(resized[:, :, c] - 127) / 128 for c in range(3)])
    found = model.preprocess(sample)
    assert found.dtype == torch.float32
    assert np.abs(found.numpy() - expected).max() == 0


def test_a_grey_image_has_three_equal_channels(model: Model) -> None:
    found = model.preprocess(np.full((9, 9), 255, dtype=np.uint8))
    assert found.shape == (3, 224, 224)
    assert (found == 1.0).all()


@pytest.mark.parametrize("sample", [np.zeros((8, 8, 3)), np.zeros((8, 8, 4), np.uint8), np.zeros(8, np.uint8)])
def test_other_inputs_are_refused(model: Model, sample: np.ndarray) -> None:
    with pytest.raises(BadInput, match=r"shape \(8.*uint8 images"):
        model.preprocess(sample)


def test_domain(model: Model) -> None:
    assert (model.domain.low, model.domain.high) == (-127 / 128, 1.0)
    assert isinstance(model.domain.mean, Tensor)
    assert model.domain.mean.shape == (3, 1, 1)
    expected = [(123.675 - 127) / 128, (116.28 - 127) / 128, (103.53 - 127) / 128]
    assert model.domain.mean.flatten().tolist() == pytest.approx(expected, abs=1e-7)
    assert model.channels_last
