"""Metrics that look at the map alone, at the map and the mask, or at the image seen through it."""

from math import log

import numpy as np
from slow_curves import probability
from slow_gradients import integrated_gradients
from slow_world import BASELINE, HEIGHT, INPUTS, MASKS, NETWORK, TARGETS, WIDTH, judged

THRESHOLD = 1e-5
LARGEST, SIDE = 1000, 224


def shares(i: int) -> list[float]:
    sizes = [abs(value) for value in judged(i).ravel()]
    return [size / sum(sizes) for size in sizes]


def complexity(i: int) -> float:
    return -sum(p * log(p) for p in shares(i) if p > 0)


def gini(i: int) -> float:
    rising, n = sorted(shares(i)), HEIGHT * WIDTH
    return sum((2 * k - n - 1) * value for k, value in enumerate(rising, 1)) / (n * sum(rising))


def effective_complexity(i: int) -> float:
    return float(sum(share > THRESHOLD * max(shares(i)) for share in shares(i)))


def relevance_mass(i: int) -> float:
    """The share of positive relevance inside the mask."""
    positive = np.maximum(judged(i), 0)
    return sum(positive[MASKS[i]]) / positive.sum()


def focus(i: int) -> float:
    """The same, since the masks are tiles."""
    return relevance_mass(i)


def hits(i: int, count: int) -> float:
    """The share of the largest that are inside; of equal ones at the end as many as would be by chance."""
    values, least = judged(i).ravel(), sorted(judged(i).ravel(), reverse=True)[count - 1]
    above, equal = values > least, values == least
    places = (count - above.sum()) / equal.sum()
    return float((MASKS[i].ravel() * (above + places * equal)).sum() / count)


def rank_accuracy(i: int) -> float:
    return hits(i, int(MASKS[i].sum()))


def top_k_intersection(i: int) -> float:
    return hits(i, max(1, round(LARGEST / SIDE**2 * HEIGHT * WIDTH)))


def pointing_game(i: int) -> float:
    """15 pixels at 224 are less than one here: the maximum has to be inside."""
    return hits(i, 1)


def roc_auc(i: int) -> float:
    inside, outside = judged(i)[MASKS[i]], judged(i)[~MASKS[i]]
    won = sum((a > b) + (a == b) / 2 for a in inside for b in outside)
    return float(won / (len(inside) * len(outside)))


def outside_inside_ratio(i: int) -> float:
    positive = np.maximum(judged(i), 0)
    return float(positive[~MASKS[i]].mean() / positive[MASKS[i]].mean())


def completeness(i: int) -> float:
    """Of integrated gradients, which claim f(x) - f(b)."""
    rise = NETWORK.logit(INPUTS[i], TARGETS[i]) - NETWORK.logit(np.full(INPUTS[i].shape, BASELINE), TARGETS[i])
    return abs(integrated_gradients(i).sum() - rise) / abs(rise)


def masked(i: int) -> tuple[float, float]:
    """The probability of the image, and of the image times the map scaled to [0, 1]."""
    low, high = judged(i).min(), judged(i).max()
    seen = INPUTS[i] * (judged(i) - low) / (high - low)
    return probability(INPUTS[i], TARGETS[i]), probability(seen, TARGETS[i])


def average_drop(i: int) -> float:
    p, o = masked(i)
    return max(0.0, p - o) / p


def average_gain(i: int) -> float:
    p, o = masked(i)
    return max(0.0, o - p) / (1 - p)


def average_increase(i: int) -> float:
    p, o = masked(i)
    return float(o > p)
