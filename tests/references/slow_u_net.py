"""The U-Net that draws masks, its convolutions written out."""

from math import sqrt

import torch
from slow_streams import generator
from slow_world import CHANNELS, CLASSES
from torch import Tensor

WIDTHS = 4, 8, 16
Weights = dict[str, Tensor]


def convolved(x: Tensor, weights: Weights, layer: str) -> Tensor:
    """3 x 3, beyond the border zeros: (channels, height, width) -> (wider, height, width)."""
    height, width = x.shape[1:]
    padded = torch.zeros(len(x), height + 2, width + 2, dtype=torch.float64)
    padded[:, 1:-1, 1:-1] = x
    found = weights[f"{layer}.bias"][:, None, None]
    for a in range(3):
        for b in range(3):
            seen = padded[:, a : a + height, b : b + width]
            found = found + torch.einsum("oc,chw->ohw", weights[f"{layer}.weight"][:, :, a, b], seen)
    return found


def halved(x: Tensor) -> Tensor:
    """The means of 2 x 2 places, at an odd border of those that are there."""
    rows = [x[:, u : u + 2].mean(1) for u in range(0, x.shape[1], 2)]
    tall = torch.stack(rows, 1)
    return torch.stack([tall[:, :, v : v + 2].mean(2) for v in range(0, x.shape[2], 2)], 2)


def doubled(x: Tensor, height: int, width: int) -> Tensor:
    """Each place has the value of the one that it lies in."""
    rows = [u * x.shape[1] // height for u in range(height)]
    columns = [v * x.shape[2] // width for v in range(width)]
    return x[:, rows][:, :, columns]


def drawn(x: Tensor, target: int, weights: Weights) -> tuple[Tensor, Tensor]:
    """A mask for an image and a class, and what speaks for each class at the bottom: f . c, the mean over places."""
    high = convolved(x, weights, "enter").relu()
    middle = convolved(halved(high), weights, "down.0").relu()
    low = convolved(halved(middle), weights, "down.1").relu()
    spoken_for = torch.einsum("kc,chw->khw", weights["classes.weight"], low)
    found = low * spoken_for[target].sigmoid()
    found = convolved(torch.cat([middle, doubled(found, *middle.shape[1:])]), weights, "up.1").relu()
    found = convolved(torch.cat([high, doubled(found, *high.shape[1:])]), weights, "up.0").relu()
    return convolved(found, weights, "leave")[0].sigmoid(), spoken_for.mean((1, 2))


def layers(shapes: dict[str, tuple[int, int]], source: torch.Generator) -> Weights:
    """He's normal weights and zero biases."""
    found = {}
    for layer, (reads, gives) in shapes.items():
        values = torch.randn(gives, reads, 3, 3, generator=source, dtype=torch.float64)
        found[f"{layer}.weight"] = values * sqrt(2 / (reads * 9))
        found[f"{layer}.bias"] = torch.zeros(gives, dtype=torch.float64)
    return found


def initial() -> Weights:
    """Vectors of the classes are of length 1 in the mean, and the last layer is a tenth of He's."""
    a, b, c = WIDTHS
    source = generator("masking_model/weights", "", 0)
    found = layers({"enter": (CHANNELS, a), "down.0": (a, b), "down.1": (b, c)}, source)
    found["classes.weight"] = torch.randn(CLASSES, c, generator=source, dtype=torch.float64) / sqrt(c)
    found |= layers({"up.0": (a + b, a), "up.1": (b + c, b), "leave": (a, 1)}, source)
    found["leave.weight"] = 0.1 * found["leave.weight"]
    return found
