"""Sobel control."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class SobelEdges(AttributionMethod):
    """The edges of the image: a map that looks like an explanation and knows nothing of the model.

    R = sqrt((S * m)^2 + (S^T * m)^2), m the mean over channels with its border repeated, S the 3 x 3 Sobel kernel;
    (n, 1, height, width), in units of the input.

    Source: adebayo2018sanity.

    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2))
    >>> SobelEdges().attribute(net, torch.tensor([[[[0.0, 0.0, 1.0, 1.0]]]])).tolist()
    [[[[0.0, 4.0, 4.0, 0.0]]]]
    """

    name: ClassVar[str] = "sobel_edges"
    reference: ClassVar[str] = "adebayo2018sanity"
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    signed: ClassVar[bool] = False
    control: ClassVar[bool] = True
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    def relevance(self, query: Query) -> Tensor:
        grey = F.pad(query.inputs.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
        sobel = grey.new_tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
        edges = F.conv2d(grey, torch.stack([sobel, sobel.T])[:, None])
        return torch.hypot(edges[:, :1], edges[:, 1:])
