"""Ways to change two neighbouring layers together such that the network computes the same."""

import torch
from torch import Tensor, nn

from whybench.metrics.attribution.layer_trace import AFFINE, CHANNELWISE, LayerTrace


def folded_batch_norm(trace: LayerTrace) -> dict[nn.Module, nn.Module]:
    """Batch normalisations that follow a convolution become part of it."""
    replaced: dict[nn.Module, nn.Module] = {}
    for k, call in enumerate(trace.calls):
        layer, norm = call.layer, trace.next_layer(k)
        if not (isinstance(layer, nn.Conv2d) and type(norm) is nn.BatchNorm2d and norm.running_var is not None):
            continue
        if not (trace.called_once(layer) and trace.called_once(norm)):
            continue
        scale = (norm.running_var + norm.eps).rsqrt()
        scale = scale if norm.weight is None else scale * norm.weight.data
        start = 0 if layer.bias is None else layer.bias.data
        assert norm.running_mean is not None
        bias = (start - norm.running_mean) * scale + (0 if norm.bias is None else norm.bias.data)
        layer.weight.data = layer.weight.data * scale[:, None, None, None]
        layer.bias = nn.Parameter(bias)
        replaced[norm] = nn.Identity()
    return replaced


def permuted_channels(trace: LayerTrace) -> bool:
    """Hidden channels in reverse order: the outputs of one layer, the inputs of the next."""
    changed = False
    for first, *between, last in trace.pairs(AFFINE, (*CHANNELWISE, nn.ReLU6, nn.BatchNorm2d)):
        norms = [layer for layer in between if isinstance(layer, nn.BatchNorm2d)]
        if getattr(first, "groups", 1) != 1 or not all(trace.called_once(norm) for norm in norms):
            continue
        for layer in (first, *norms):
            for tensor in (*layer.parameters(recurse=False), *layer.buffers(recurse=False)):
                if tensor.ndim:
                    tensor.data = tensor.data.flip(0)
        weight = _weight(last)
        weight.data = weight.data.flip(1)
        changed = True
    return changed


def rescaled_pair(trace: LayerTrace) -> bool:
    """Hidden channels times 2 or 1/2 by turns, which the next layer takes back: powers of two round nothing."""
    changed = False
    for first, *_, last in trace.pairs((*AFFINE, nn.BatchNorm2d), CHANNELWISE):
        if first._parameters["weight"] is None:
            continue
        own, taker = _weight(first), _weight(last)
        factor = 2.0 ** (1 - 2 * (torch.arange(len(own)) % 2)).to(own)
        own.data = own.data * factor.view(-1, *(1,) * (own.ndim - 1))
        if isinstance(first.bias, Tensor):
            first.bias.data = first.bias.data * factor
        taker.data = taker.data / factor.view(1, -1, *(1,) * (taker.ndim - 2))
        changed = True
    return changed


def _weight(layer: nn.Module) -> Tensor:
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return weight
