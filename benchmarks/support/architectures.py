"""The columns of the table: which networks are written in which ways."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.checking.networks import CHANNELS, Architecture, Network
from whybench.checking.rewritten_networks import (
    Functional,
    FunctionalLayers,
    InPlaceFunctions,
    InPlaceModules,
    Reused,
    ReusedInPlace,
)


class PartlyRectified(Network):
    """A ReLU module first, and ReLU by some other function later."""

    def __init__(self, rectifier: Callable[[Tensor], Tensor]) -> None:
        super().__init__(PLAIN)
        self.second_activation = self.hidden_activation = Rectifier(rectifier)


class Rectifier(nn.Module):
    """ReLU by some other function."""

    def __init__(self, rectifier: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.rectifier = rectifier

    def forward(self, inputs: Tensor) -> Tensor:
        return self.rectifier(inputs)


PLAIN = Architecture()
Way = Callable[[Architecture], nn.Module]

EVERY_WAY: Mapping[str, Way] = {
    "modules": Network,
    "functions": Functional,
    "one in-place module": ReusedInPlace,
}


def by(rectifier: Callable[[Tensor], Tensor]) -> Way:
    """Networks with this function for ReLU."""
    return lambda _: PartlyRectified(rectifier)


COLUMNS: Mapping[str, tuple[Architecture, Mapping[str, Way]]] = {
    "plain CNN": (PLAIN, {"modules": Network}),
    "functional ReLU": (PLAIN, {"functions": Functional}),
    "reused ReLU": (PLAIN, {"one module": Reused}),
    "in-place ReLU": (PLAIN, {"modules": InPlaceModules, "functions": InPlaceFunctions}),
    "clamp for ReLU": (
        PLAIN,
        {
            "x.clamp(min=0)": by(lambda x: x.clamp(min=0)),
            "F.threshold(x, 0, 0)": by(lambda x: F.threshold(x, 0.0, 0.0)),
        },
    ),
    "mask for ReLU": (
        PLAIN,
        {
            "x * (x > 0)": by(lambda x: x * (x > 0)),
            "torch.where(x > 0, x, 0)": by(lambda x: torch.where(x > 0, x, 0.0)),
            "x.masked_fill(x <= 0, 0)": by(lambda x: x.masked_fill(x <= 0, 0.0)),
            "torch.maximum(x, 0)": by(lambda x: torch.maximum(x, torch.zeros_like(x))),
            "(x + x.abs()) / 2": by(lambda x: (x + x.abs()) / 2),
        },
    ),
    "functional layers": (PLAIN, {"functions": FunctionalLayers}),
    "BatchNorm": (replace(PLAIN, norm="batch"), EVERY_WAY),
    "residual": (replace(PLAIN, skip=True), {**EVERY_WAY, "in-place functions": InPlaceFunctions}),
    "overlapping max pool": (replace(PLAIN, kernel=3, stride=1), EVERY_WAY),
    "grouped convolution": (replace(PLAIN, groups=(2, 2)), EVERY_WAY),
    "depthwise convolution": (replace(PLAIN, groups=(2, CHANNELS)), EVERY_WAY),
    "non-square input": (replace(PLAIN, size=(6, 9)), EVERY_WAY),
    "GELU": (replace(PLAIN, activation="gelu"), EVERY_WAY),
    "SiLU": (replace(PLAIN, activation="silu"), EVERY_WAY),
    "LayerNorm": (replace(PLAIN, norm="layer"), EVERY_WAY),
}
"""The columns of the table: an architecture, and the ways to write it that are compared with `Network`."""
