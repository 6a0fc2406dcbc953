"""Metrics that compare relevance with what the removal of pixels costs the logit, and maps with maps."""

import numpy as np
import torch
from slow_streams import generator, normal, uniform
from slow_world import CLASSES, HEIGHT, IDS, INPUTS, MEAN, NETWORK, TARGETS, WIDTH, Array, judged

PIXELS = HEIGHT * WIDTH
SUBSET, SUBSETS = 0.2, 100
SIZES, SMALLEST, LARGEST, OF_EACH = 8, 0.02, 0.8, 50
PAIRS = 5


def cost(i: int, pixels: list[int]) -> float:
    """f(x) - f(x without some pixels)."""
    x = INPUTS[i].reshape(len(INPUTS[i]), -1).copy()
    x[:, pixels] = MEAN
    return NETWORK.logit(INPUTS[i], TARGETS[i]) - NETWORK.logit(x.reshape(INPUTS[i].shape), TARGETS[i])


def pearson(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / ((a * a).sum() * (b * b).sum()) ** 0.5)


def ranks(values: Array) -> Array:
    """From 1, equal values at their mean."""
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


def faithfulness_estimate(i: int) -> float:
    return pearson(judged(i).ravel(), np.array([cost(i, [pixel]) for pixel in range(PIXELS)]))


def monotonicity_correlation(i: int) -> float:
    """With the mean put in, nothing is drawn."""
    moved = np.array([cost(i, [pixel]) ** 2 for pixel in range(PIXELS)])
    return pearson(ranks(np.abs(judged(i).ravel())), ranks(moved))


def subsets(i: int, size: int, count: int) -> list[list[int]]:
    """The pixels with the largest of one number each; all single ones where there are no more than `count`."""
    if size == 1 and count >= PIXELS:
        return [[pixel] for pixel in range(PIXELS)]
    drawn = uniform(f"subsets/{size}", IDS[i], 0, (count, PIXELS))
    return [sorted(range(PIXELS), key=lambda pixel: -row[pixel])[:size] for row in drawn]


def of_subsets(i: int, size: int, count: int) -> float:
    chosen, values = subsets(i, size, count), judged(i).ravel()
    return pearson(np.array([values[some].sum() for some in chosen]), np.array([cost(i, some) for some in chosen]))


def faithfulness_correlation(i: int) -> float:
    return of_subsets(i, int(SUBSET * PIXELS + 0.5), SUBSETS)


def sensitivity_n(i: int) -> float:
    """The mean over sizes in equal ratios, each once."""
    shares = [SMALLEST * (LARGEST / SMALLEST) ** (k / (SIZES - 1)) for k in range(SIZES)]
    sizes = sorted({min(max(int(share * PIXELS + 0.5), 1), PIXELS - 1) for share in shares})
    return float(np.mean([of_subsets(i, size, OF_EACH) for size in sizes]))


def infidelity(i: int) -> float:
    """A quarter of the shorter side is one pixel: all of them, one at a time, at the best scale of the map."""
    a, b = judged(i).ravel(), np.array([cost(i, [pixel]) for pixel in range(PIXELS)])
    beta = (a * b).mean() / (a * a).mean()
    return float(((beta * a - b) ** 2).mean())


def random_logit(i: int) -> float:
    """Spearman's correlation with the map for another class."""
    drawn = int(torch.randint(CLASSES - 1, (), generator=generator("random_logit", IDS[i], 0)))
    other = drawn + (drawn >= TARGETS[i])
    elsewhere = (INPUTS[i] * NETWORK.gradient(INPUTS[i], other)).sum(0)
    return pearson(ranks(judged(i).ravel()), ranks(elsewhere.ravel()))


def cosine_convergence(i: int) -> float:
    """The mean |cos| of two gradients at the image, of outputs weighted at random."""
    gradients = np.array([NETWORK.gradient(INPUTS[i], target).ravel() for target in range(CLASSES)])
    found = []
    for pair in range(PAIRS):
        v, w = (normal("cosine_convergence", IDS[i], 2 * pair + k, (CLASSES,)) @ gradients for k in range(2))
        found.append(abs(v @ w) / ((v @ v) * (w @ w)) ** 0.5)
    return float(np.mean(found))
