"""PatternNet and PatternAttribution from all patches of the training images, and RISE from its grids."""

import numpy as np
import torch
import torch.nn.functional as F
from slow_streams import uniform
from slow_world import (
    BASELINE,
    CHANNELS,
    FILTERS,
    HEIGHT,
    IDS,
    INPUTS,
    KERNEL,
    NETWORK,
    TARGETS,
    TRAINING,
    WIDTH,
    Array,
)

GRIDS, CELLS, KEEP = 40, 3, 0.5


def pattern(reads: Array, weight: Array, bias: float, active: bool = True) -> Array:
    """a+ = (E+[x y] - E+[x] E[y]) / (w.E+[x y] - w.E+[x] E[y]); a- where not active; over nothing, E+ is E."""
    y = reads @ weight
    regime = (y + bias > 0) == active
    regime = regime if regime.any() else np.ones_like(regime)
    both = (reads[regime] * y[regime, None]).mean(0) - reads[regime].mean(0) * y.mean()
    return both / (weight @ both)


def patches(images: Array) -> Array:
    """What a filter reads at every place of every image, zeros of the padding included."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.array(
        [image[:, u : u + KERNEL, v : v + KERNEL].ravel() for image in padded for u, v in np.ndindex(HEIGHT, WIDTH)]
    )


def descended(i: int, start: float, weighted: bool) -> Array:
    """Back through patterns, or through weights times patterns, in the place of the weights."""
    steps, target = NETWORK.run(INPUTS[i]), TARGETS[i]
    pooled = np.array([NETWORK.run(x).pooled for x in TRAINING])
    row = pattern(pooled, NETWORK.weights[target], NETWORK.offsets[target])
    upper = start * row * (NETWORK.weights[target] if weighted else 1.0)
    maps = (NETWORK.unpooled(upper, steps.winners) * (steps.z.ravel() > 0)).reshape(FILTERS, HEIGHT, WIDTH)
    found = np.zeros((CHANNELS, HEIGHT, WIDTH))
    for k in range(FILTERS):
        taken = pattern(patches(TRAINING), NETWORK.filters[k].ravel(), NETWORK.biases[k]).reshape(
            NETWORK.filters[k].shape
        )
        taken = taken * NETWORK.filters[k] if weighted else taken
        for u, v in np.ndindex(HEIGHT, WIDTH):
            for at, there in NETWORK.seen(u, v):
                found[there] += maps[k, u, v] * taken[at]
    return found


def pattern_net(i: int) -> Array:
    return descended(i, 1.0, weighted=False)


def pattern_attribution(i: int) -> Array:
    return descended(i, NETWORK.logit(INPUTS[i], TARGETS[i]), weighted=True)


def rise(i: int) -> Array:
    """Each mask by the output that it lets through: grids enlarged as a whole, the image's size cut out of them."""
    sides = HEIGHT, WIDTH
    cell = [-(-side // CELLS) for side in sides]
    grids = uniform("rise/cells", IDS[i], 0, (GRIDS, CELLS, CELLS)) < KEEP
    shifts = uniform("rise/shift", IDS[i], 0, (GRIDS, 2))
    weighted, seen = np.zeros(sides), np.zeros(sides)
    for grid, shift in zip(grids, shifts, strict=True):
        whole = torch.as_tensor(grid, dtype=torch.float64)[None, None]
        large = F.interpolate(whole, [(CELLS + 1) * c for c in cell], mode="bilinear", align_corners=False)[
            0, 0
        ].numpy()
        top, left = (int(s * c) for s, c in zip(shift, cell, strict=True))
        mask = large[top : top + HEIGHT, left : left + WIDTH]
        weighted += mask * NETWORK.logit(BASELINE + mask * (INPUTS[i] - BASELINE), TARGETS[i])
        seen += mask
    return (weighted / seen)[None]
