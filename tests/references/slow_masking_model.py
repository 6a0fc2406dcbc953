"""The masking model of Dabkowski and Gal, trained by hand on the training images."""

from functools import cache
from math import cos, pi

import numpy as np
import torch
from slow_descent import Adam, log_probability, variation
from slow_masks import IMAGES, faded
from slow_streams import generator, permutation
from slow_u_net import Weights, drawn, initial
from slow_world import CHANNELS, CLASSES, LEARNED, NETWORK, TARGETS, TRAINING, Array
from torch import Tensor

STEPS, BATCH, RATE = 4, 32, 0.003
AREA, VARIATION, DESTROYED, POWER, ABSENT, SELECTOR, NOISE = 3.0, 1.0, 5.0, 0.3, 0.3, 1.0, 0.055


def cost(x: Tensor, shown: int, target: int, fill: Tensor, weights: Weights) -> Tensor:
    """area * mean(m) + variation * TV(m), the cross-entropy of the classes, and for a class that is there

    - log p_c(m x + (1 - m) a) + destroyed * p_c((1 - m) x + m a)^power.
    """
    mask, evidence = drawn(x, target, weights)
    total = AREA * mask.mean() + VARIATION * variation(mask, 2)
    for k in range(CLASSES):
        p = evidence[k].sigmoid()
        total = total - SELECTOR * (p if k == shown else 1 - p).log()
    if target != shown:
        return total
    kept, lost = (log_probability(faded(*pair, mask), target) for pair in ((x, fill), (fill, x)))
    return total - kept + DESTROYED * lost.exp() ** POWER


@cache
def trained() -> Weights:
    """Steps of Adam on the mean over a batch, its rate falling along half a cosine; one order after another."""
    order = [
        sample
        for epoch in range(-(-STEPS * BATCH // LEARNED))
        for sample in permutation("masking_model/order", "", epoch, LEARNED)
    ]
    predicted = [int(np.argmax(NETWORK.run(x).logits)) for x in TRAINING]
    weights = initial()
    optimisers = {name: Adam(RATE) for name in weights}
    low, high = (torch.as_tensor(bound((0, 2, 3)))[:, None, None] for bound in (TRAINING.min, TRAINING.max))
    for step in range(STEPS):
        batch, source = order[step * BATCH : (step + 1) * BATCH], generator("masking_model/draws", "", step)
        absent = torch.rand(BATCH, generator=source) < ABSENT
        others = torch.randint(1, CLASSES, (BATCH,), generator=source)
        coins = torch.rand(BATCH, generator=source) < 0.5
        colours = torch.rand(BATCH, CHANNELS, 1, 1, generator=source, dtype=torch.float64)
        noise = torch.randn(BATCH, *IMAGES[0].shape, generator=source, dtype=torch.float64)
        leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
        total = torch.zeros((), dtype=torch.float64)
        for k, sample in enumerate(batch):
            x, shown = torch.as_tensor(TRAINING[sample]), predicted[sample]
            target = (shown + int(others[k])) % CLASSES if absent[k] else shown
            # A blur of one pixel, at this size, leaves the image as it is
            fill = x if coins[k] else low + (high - low) * (colours[k] + NOISE * noise[k])
            total = total + cost(x, shown, target, fill, leaves) / BATCH
        slopes = torch.autograd.grad(total, list(leaves.values()))
        for (name, adam), slope in zip(optimisers.items(), slopes, strict=True):
            adam.rate = RATE * (1 + cos(pi * step / STEPS)) / 2
            weights[name] = weights[name] - adam(slope)
    return weights


def masking_model(i: int) -> Array:
    return drawn(IMAGES[i], TARGETS[i], trained())[0].numpy()[None]
