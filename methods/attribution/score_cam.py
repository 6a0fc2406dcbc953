"""Score-CAM."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.layout import taken
from whybench.methods.attribution.class_activation import ClassActivation, upsampled
from whybench.methods.attribution.feature_maps import feature_maps
from whybench.methods.attribution.min_max import min_max
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class ScoreCam(ClassActivation):
    """The feature maps of one layer, weighted by how well the class is recognised where each of them is high.

    L_uv = ReLU(sum_k w_k A^k_uv), w = softmax over k of f_c(x * H^k), with H^k the map A^k at the input's height and
    width by bilinear interpolation, scaled to [0, 1]; brought to that size in the same way; (n, 1, height, width), in
    units of the maps. f_c is the logit; the baseline that the paper subtracts from it is the same for all k and
    leaves the softmax as it is. A map that is constant over its positions has no such scale and takes no part.

    One forward pass a sample for the maps and one for each of them, in full batches; no gradients.

    pytorch-grad-cam agrees to 1e-7 (it rounds logits to float32) where nothing is to be interpolated. Elsewhere it
    aligns the corners of maps and input instead of the pixels' edges, which the authors' code does not; and a constant
    map hides the whole input there and takes its part in the softmax.

    layer: name of the layer that gives the maps A; None takes the model's hint `cam`, and without a hint the last
    convolution that ran with a 4-D output of more than one position. Of a layer that runs several times, the last
    call counts. relu: keep what speaks for the target only; upsample: False leaves the layer's own grid.

    Raises BadParameter for a layer that the model does not have, Unsupported where it gives no feature maps.

    Source: wang2020.

    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.Flatten(), torch.nn.Linear(4, 1))
    >>> for parameter in net.parameters(): _ = parameter.data.fill_(1.0)
    >>> ScoreCam().attribute(net, torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])).tolist()
    [[[[1.0, 2.0], [3.0, 4.0]]]]
    """

    name: ClassVar[str] = "score_cam"
    reference: ClassVar[str] = "wang2020"
    needs: ClassVar[frozenset[str]] = frozenset({"layers", "image"})

    def weighted_sum(self, query: Query) -> Tensor:
        maps = torch.cat([*feature_maps(query, self.layer, self.name)])
        logits, varies = maps.new_empty(maps.shape[:2]), maps.amax((2, 3)) > maps.amin((2, 3))
        for sample, channel in query.each(maps.shape[1]):
            mask = min_max(upsampled(maps[sample, channel, None], query))
            masked = mask * taken(query.inputs, sample)
            logits[sample, channel] = query.outputs(masked, sample, disposable=True)
        weights = logits.masked_fill(~varies, -torch.inf).softmax(1).masked_fill(~varies, 0)
        return (weights[:, :, None, None] * maps).sum(1, keepdim=True)
