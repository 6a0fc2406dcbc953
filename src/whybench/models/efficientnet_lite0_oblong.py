"""EfficientNet-Lite0 on oblong photographs."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.models.efficientnet_lite0 import EfficientNetLite0
from whybench.protocols import Model, ModelLoader
from whybench.registries import register

HEIGHT, WIDTH = 168, 224


@register
@dataclass(frozen=True)
class EfficientNetLite0Oblong(ModelLoader):
    """`efficientnet_lite0` on photographs of 168 x 224 pixels: three rows of four squares of 56.

    The same weights; its convolutions take any size, and the last maps, (n, 1280, 6, 7), are averaged. Squares of 56
    pixels are twelve regions, of which all 4,096 sets can be asked. Photographs are resized as `efficientnet_lite0` has
    it, then made lower by bilinear interpolation with a filter.

    Source: tan2019.
    """

    name: ClassVar[str] = "efficientnet_lite0_oblong"
    reference: ClassVar[str] = "tan2019"

    def load(self) -> Model:
        return _model()


@cache
def _model() -> Model:
    square = EfficientNetLite0().load()

    def preprocess(sample: np.ndarray[Any, Any]) -> Tensor:
        one: Tensor = square.preprocess(sample)
        with torch.inference_mode(False):
            low = F.interpolate(one[None], (HEIGHT, WIDTH), mode="bilinear", align_corners=False, antialias=True)
        return low[0].contiguous()

    return replace(square, name=EfficientNetLite0Oblong.name, preprocess=preprocess)
