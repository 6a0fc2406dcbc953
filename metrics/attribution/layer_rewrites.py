"""Ways to write one layer as another, or as two, that compute the same; none draws initial weights."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from whybench.metrics.attribution.layer_trace import LayerTrace


class Selection(nn.Module):
    """ReLU as a choice: x where x > 0, 0 elsewhere, and no more than a limit."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit = limit

    def forward(self, inputs: Tensor) -> Tensor:
        positive = torch.where(inputs > 0, inputs, torch.zeros_like(inputs))
        return torch.where(inputs < self.limit, positive, torch.full_like(inputs, self.limit))


class Gate(nn.Module):
    """ReLU as a product: x * 1[0 < x < limit], and the limit where x reaches it."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit = limit

    def forward(self, inputs: Tensor) -> Tensor:
        passed = inputs * ((inputs > 0) & (inputs < self.limit)).to(inputs.dtype)
        return passed if self.limit == math.inf else passed + self.limit * (inputs >= self.limit).to(inputs.dtype)


LIMITS: Mapping[type[nn.Module], float] = {nn.ReLU: math.inf, nn.ReLU6: 6.0}


def selection(layer: nn.Module, trace: LayerTrace) -> nn.Module | None:
    """ReLU and ReLU6 as a choice."""
    return Selection(LIMITS[type(layer)]) if type(layer) in LIMITS else None


def gate(layer: nn.Module, trace: LayerTrace) -> nn.Module | None:
    """ReLU and ReLU6 as a product with their own mask."""
    return Gate(LIMITS[type(layer)]) if type(layer) in LIMITS else None


def split_linear(layer: nn.Module, trace: LayerTrace) -> nn.Module | None:
    """Linear, then the identity as a second one."""
    if not isinstance(layer, nn.Linear):
        return None
    identity = nn.Linear(layer.out_features, layer.out_features, bias=False, device="meta")
    identity.weight = nn.Parameter(torch.eye(layer.out_features).to(layer.weight))
    return nn.Sequential(layer, identity)


def split_convolution(layer: nn.Module, trace: LayerTrace) -> nn.Module | None:
    """Convolution, then the identity as one of 1 x 1."""
    if not isinstance(layer, nn.Conv2d):
        return None
    identity = nn.Conv2d(layer.out_channels, layer.out_channels, 1, bias=False, device="meta")
    identity.weight = nn.Parameter(torch.eye(layer.out_channels).to(layer.weight)[:, :, None, None])
    return nn.Sequential(layer, identity)


def explicit_padding(layer: nn.Module, trace: LayerTrace) -> nn.Module | None:
    """The zeros around a convolution's input by a layer of their own."""
    if not isinstance(layer, nn.Conv2d) or isinstance(layer.padding, str) or layer.padding_mode != "zeros":
        return None
    down, right = layer.padding[0], layer.padding[1]
    if down == right == 0:
        return None
    layer.padding = (0, 0)
    return nn.Sequential(nn.ZeroPad2d((right, right, down, down)), layer)


def pool_as_convolution(layer: nn.Module, trace: LayerTrace) -> nn.Module | None:
    """Averages as a convolution of each channel by itself."""
    shapes = {tuple(call.read.shape[1:]) for call in trace.calls if call.layer is layer}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3:
        return None
    channels, height, width = shapes.pop()
    if type(layer) is nn.AdaptiveAvgPool2d and layer.output_size in (1, (1, 1)):
        size, stride, padding = (height, width), (1, 1), (0, 0)
    elif type(layer) is nn.AvgPool2d and not layer.ceil_mode and not layer.divisor_override:
        size, stride, padding = _pair(layer.kernel_size), _pair(layer.stride), _pair(layer.padding)
        if any(padding) and not layer.count_include_pad:
            return None
    else:
        return None
    averages = nn.Conv2d(channels, channels, size, stride, padding, groups=channels, bias=False, device="meta")
    shape, where = averages.weight.shape, next(call.read.device for call in trace.calls if call.layer is layer)
    share = torch.full(shape, 1 / (size[0] * size[1]), dtype=torch.float64, device=where)
    averages.weight = nn.Parameter(share)
    return averages


def unfolded_batch_norm(layer: nn.Module, trace: LayerTrace) -> nn.Module | None:
    """A convolution with its channels scaled, and a batch normalisation that takes that back and adds the bias."""
    if not isinstance(layer, nn.Conv2d):
        return None
    norm = nn.BatchNorm2d(layer.out_channels).to(layer.weight)
    channel = torch.arange(layer.out_channels).to(layer.weight)
    assert norm.running_var is not None
    assert norm.running_mean is not None
    norm.running_var.copy_(1 + channel % 3)
    norm.running_mean.copy_(0.5 - channel % 2)
    norm.weight.data.fill_(1.5)
    scale = norm.weight.data / (norm.running_var + norm.eps).sqrt()
    norm.bias.data = scale * norm.running_mean + (0 if layer.bias is None else layer.bias.data)
    layer.weight.data = layer.weight.data / scale[:, None, None, None]
    layer.bias = None
    return nn.Sequential(layer, norm)


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])
