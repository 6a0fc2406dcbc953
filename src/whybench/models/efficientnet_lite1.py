"""EfficientNet-Lite1 with its ImageNet weights."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.models.efficientnet_lite import efficientnet_lite
from whybench.protocols import Model, ModelLoader
from whybench.registries import register

SIDE = 240


@register
@dataclass(frozen=True)
class EfficientNetLite1(ModelLoader):
    """EfficientNet-Lite1: 21 inverted-residual blocks with ReLU6 and batch normalisation, 5.42 million parameters.

    Inputs (n, 3, 240, 240) float32, (pixel - 127) / 128; logits (n, 1000) of ImageNet's classes. Its layer for
    CAM-like methods is the ReLU6 `_swish`, which runs twice in a forward pass, after the stem and after the head:
    the last call gives the last feature maps, (n, 1280, 8, 8), that are then averaged. It tells 19 of the 20
    `imagenet_photos` right.

    Source: tan2019.
    """

    name: ClassVar[str] = "efficientnet_lite1"
    reference: ClassVar[str] = "tan2019"

    def load(self) -> Model:
        return _model()


@cache
def _model() -> Model:
    return efficientnet_lite(1, SIDE)
