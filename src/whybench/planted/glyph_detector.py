"""A network that answers glyphs, and nothing else."""

from collections import OrderedDict

import torch
from torch import nn

from whybench.planted.glyphs import GLYPHS, THRESHOLD
from whybench.planted.hand_set import hand_set


def glyph_detector(height: int, width: int, gain: float) -> nn.Module:
    """f_c(x) = gain sum over places of max(0, <2 g_c - 1, x there> - 4), for images (n, 1, height, width)."""
    side, count = GLYPHS.shape[1], len(GLYPHS)
    places = (height - side + 1) * (width - side + 1)

    def network() -> nn.Module:
        return nn.Sequential(
            OrderedDict(
                filters=nn.Conv2d(1, count, side),
                whole=nn.ReLU(),
                mean=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                logits=nn.Linear(count, count, bias=False),
            )
        )

    weights = {
        "filters.weight": (2.0 * GLYPHS - 1).unsqueeze(1),
        "filters.bias": torch.full((count,), -THRESHOLD),
        "logits.weight": gain * places * torch.eye(count),
    }
    return hand_set(network, weights)
