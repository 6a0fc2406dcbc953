"""Grad-CAM++."""

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
class GradCamPlusPlus(ClassActivation):
    """The feature maps of one layer, weighted so that a region counts for its presence more than for its size.

    L_uv = ReLU(sum_k w_k A^k_uv), w_k = sum over u, v of a^k_uv (g^k_uv)+, g = df_c/dA,
    a^k_uv = g^2 / (2 g^2 + g^3 sum over s, t of A^k_st) = 1 / (2 + g^k_uv sum over s, t of A^k_st);
    brought to the input's height and width by bilinear interpolation; (n, 1, height, width), in units of the output.

    This is the paper's closed form: it explains Y = exp(f_c), whose first three derivatives are exp(f_c) times g, g^2
    and g^3 where f_c is linear in A. The factor exp(f_c) drops out of a and scales the whole map of a sample; since it
    overflows for large logits, it is left out. Maps that are not negative (after a ReLU) have a in (0, 1/2]; others can
    make the denominator negative, and where it is exactly 0, a is 0. The second form needs no small constant in the
    denominator: the one of pytorch-grad-cam (1e-6 beside 2 g^2) makes w_k fall as g^3 once gradients are below 1e-3,
    so that its map changes its shape with the scale of the logits; well above, the two agree.

    layer: name of the layer that gives the maps A; None takes the model's hint `cam`, and without a hint the last
    convolution that ran with a 4-D output of more than one position. Of a layer that runs several times, the last
    call counts. relu: keep what speaks for the target only; upsample: False leaves the layer's own grid.

    Raises BadParameter for a layer that the model does not have, Unsupported where it gives no feature maps that the
    output depends on.

    Source: chattopadhay2018.

    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.Flatten(), torch.nn.Linear(4, 1))
    >>> for parameter in net.parameters(): _ = parameter.data.fill_(1.0)
    >>> GradCamPlusPlus().attribute(net, torch.tensor([[[[-1.0, -1.0], [0.0, 0.0]]]])).tolist()
    [[[[0.0, 0.0], [1.0, 1.0]]]]
    """

    name: ClassVar[str] = "grad_cam_plus_plus"
    reference: ClassVar[str] = "chattopadhay2018"
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    def weighted_sum(self, query: Query) -> Tensor:
        parts = maps_and_gradients(query, self.layer, self.name)
        return torch.cat([(_weights(maps, slope) * maps).sum(1, keepdim=True) for maps, slope in parts])


def _weights(maps: Tensor, slope: Tensor) -> Tensor:
    """w_k of every map, (rows, K, 1, 1)."""
    denominator = 2 + slope * maps.sum((2, 3), keepdim=True)
    shares = torch.where(denominator == 0, 0, slope.relu() / denominator)
    return shares.sum((2, 3), keepdim=True)
