"""What stands in the place of a weight on the way back."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.patterns.layers import PatternLayer

FOREIGN = 1e-6
"""By how much w.a may differ from 1 before a pattern is taken to be that of other weights."""


@dataclass(frozen=True, eq=False)
class Reading:
    """The pattern a+ itself (PatternNet), or the product w * a+ (PatternAttribution).

    patterns: `<layer>.active` and `<layer>.inactive`, each shaped like the layer's weight.
    """

    patterns: Mapping[str, Tensor]
    weighted: bool

    def direction(self, layer: PatternLayer) -> Tensor:
        """What stands in the place of a layer's weight."""
        pattern = self.of(layer, "active")
        return layer.weight * pattern if self.weighted else pattern

    def scalar(self, gain: Tensor) -> Tensor:
        """What stands in the place of a constant factor, whose pattern is 1 / gain; 0 for a factor of 0."""
        return torch.where(gain == 0, 0, torch.ones_like(gain) if self.weighted else 1 / gain)

    def of(self, layer: PatternLayer, regime: str) -> Tensor:
        """A layer's pattern, shaped like its weight.

        Raises Unsupported where it was not estimated for this layer: the forward pass depends on its inputs.
        """
        pattern = self.patterns.get(f"{layer.name}.{regime}")
        if pattern is not None and pattern.shape == layer.weight.shape:
            units = pattern.reshape(len(pattern), -1)
            length = (units * layer.weight.reshape(units.shape)).sum(1)
            if not (((length - 1).abs() > FOREIGN) & units.any(1)).any():
                return pattern
        raise Unsupported(
            f"layer {layer.name} ran with other weights on the training data, or not at all: which operations run must "
            "not depend on the inputs"
        )
