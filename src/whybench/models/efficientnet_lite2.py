"""EfficientNet-Lite2 with its ImageNet weights."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.models.efficientnet_lite import efficientnet_lite
from whybench.protocols import Model, ModelLoader
from whybench.registries import register

SIDE = 260


@register
@dataclass(frozen=True)
class EfficientNetLite2(ModelLoader):
    """EfficientNet-Lite2: 21 inverted-residual blocks with ReLU6 and batch normalisation, 6.09 million parameters.

    Inputs (n, 3, 260, 260) float32, (pixel - 127) / 128; logits (n, 1000) of ImageNet's classes. Its layer for
    CAM-like methods is the ReLU6 `_swish`, which runs twice in a forward pass, after the stem and after the head:
    the last call gives the last feature maps, (n, 1280, 9, 9), that are then averaged. It tells 18 of the 20
    `imagenet_photos` right.

    Source: tan2019.
    """

    name: ClassVar[str] = "efficientnet_lite2"
    reference: ClassVar[str] = "tan2019"

    def load(self) -> Model:
        return _model()


@cache
def _model() -> Model:
    return efficientnet_lite(2, SIDE)
