"""Weights for small test networks."""

import torch
from torch import nn


def filled(module: nn.Module, seed: int = 0) -> nn.Module:
    """`module` in float64 and eval mode with weights that no global generator decides."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    return module.double().eval()
