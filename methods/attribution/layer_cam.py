"""LayerCAM."""

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
class LayerCam(ClassActivation):
    """The feature maps of one layer, each position weighted by its own positive gradient.

    L_uv = ReLU(sum_k (df_c/dA^k_uv)+ A^k_uv), brought to the input's height and width by bilinear interpolation;
    (n, 1, height, width), in units of the output. Where the gradient of each map is positive and the same at all
    positions it is Grad-CAM. The paper's tanh scaling serves the sum over several layers and is left out.
    pytorch-grad-cam gives the same sums.

    layer: name of the layer that gives the maps A; None takes the model's hint `cam`, and without a hint the last
    convolution that ran with a 4-D output of more than one position. Of a layer that runs several times, the last
    call counts. relu: keep what speaks for the target only; upsample: False leaves the layer's own grid.

    Raises BadParameter for a layer that the model does not have, Unsupported where it gives no feature maps that the
    output depends on.

    Source: jiang2021.

    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.Flatten(), torch.nn.Linear(4, 1))
    >>> for parameter in net.parameters(): _ = parameter.data.fill_(1.0)
    >>> _ = net[2].weight.data.copy_(torch.tensor([[1.0, -1.0, 2.0, 0.0]]))
    >>> LayerCam().attribute(net, torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])).tolist()
    [[[[1.0, 0.0], [6.0, 0.0]]]]
    """

    name: ClassVar[str] = "layer_cam"
    reference: ClassVar[str] = "jiang2021"
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    def weighted_sum(self, query: Query) -> Tensor:
        parts = maps_and_gradients(query, self.layer, self.name)
        return torch.cat([(slope.relu() * maps).sum(1, keepdim=True) for maps, slope in parts])
