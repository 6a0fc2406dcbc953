"""Class activation maps: sums over the feature maps of one layer, which methods weight differently."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor

from whybench.protocols import AttributionMethod, Query


@dataclass(frozen=True)
class ClassActivation(AttributionMethod):
    """ReLU(sum_k of weighted maps A^k), brought to the input's size bilinearly; (n, 1, height, width).

    layer: name of the layer that gives the maps (`feature_maps`); relu: keep what speaks for the target only;
    upsample: False leaves the layer's own grid.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "layers", "image"})
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    layer: str | None = None
    relu: bool = True
    upsample: bool = True

    @abstractmethod
    def weighted_sum(self, query: Query) -> Tensor:
        """The sum over the layer's maps, (n, 1, h, w), on the layer's grid and before the ReLU."""

    def relevance(self, query: Query) -> Tensor:
        cam = self.weighted_sum(query)
        cam = cam.relu() if self.relu else cam
        return upsampled(cam, query) if self.upsample else cam


def upsampled(maps: Tensor, query: Query) -> Tensor:
    """Maps (rows, channels, h, w) at the inputs' height and width, by bilinear interpolation of pixel centres."""
    return F.interpolate(maps, query.inputs.shape[2:], mode="bilinear", align_corners=False)
