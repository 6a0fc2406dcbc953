"""Grad-CAM."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.methods.attribution.class_activation import ClassActivation
from whybench.methods.attribution.feature_maps import maps_and_gradients
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class GradCam(ClassActivation):
    """The feature maps of one layer, weighted by the mean gradient of the explained output over each map.

    L_uv = ReLU(sum_k alpha_k A^k_uv), alpha_k = mean over u, v of df_c/dA^k_uv, brought to the input's height and
    width by bilinear interpolation; (n, 1, height, width), in units of the output.

    layer: name of the layer that gives the maps A; None takes the model's hint `cam`, and without a hint the last
    convolution that ran with a 4-D output of more than one position. Of a layer that runs several times, the last
    call counts. relu: keep what speaks for the target only; upsample: False leaves the layer's own grid.

    Raises BadParameter for a layer that the model does not have, Unsupported where it gives no feature maps that the
    output depends on.

    Source: selvaraju2017.

    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.Flatten(), torch.nn.Linear(4, 1))
    >>> for parameter in net.parameters(): _ = parameter.data.fill_(1.0)
    >>> GradCam().attribute(net, torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])).tolist()
    [[[[1.0, 2.0], [3.0, 4.0]]]]
    """

    name: ClassVar[str] = "grad_cam"
    reference: ClassVar[str] = "selvaraju2017"
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    def weighted_sum(self, query: Query) -> Tensor:
        parts = maps_and_gradients(query, self.layer, self.name)
        return torch.cat([(slope.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True) for maps, slope in parts])
