"""A random search, among inputs nearby that the network says the same of, for the map least like the first one."""

import numpy as np
from slow_costs import pearson
from slow_robustness import same_class, size
from slow_streams import uniform
from slow_world import CHANNELS, HEIGHT, HIGH, IDS, INPUTS, LOW, NETWORK, TARGETS, WIDTH, Array, explanation, judged

QUERIES, REACH, TOLERANCE = 4, 0.03, 0.1
MOST, LEAST = 1 / 2, 1 / 64
"""The shares of pixels that an attacker moves at first and at last, at most."""
LONGER, SHORTER, GAIN = 2.0, 0.8, 1e-6
"""An allowed step makes the next one longer, another one shorter; smaller gains than this are none."""


def proposal(i: int, current: Array, query: int, share: float) -> Array:
    """Some pixels at corners of what is allowed: those with the smallest of one number each, sides by one a value."""
    drawn = uniform("manipulation", IDS[i], query, (1 + CHANNELS, HEIGHT, WIDTH))
    reach, found = REACH * (HIGH - LOW), current.copy()
    places = sorted(np.ndindex(HEIGHT, WIDTH), key=lambda place: drawn[0][place])
    for u, v in places[: max(1, round(share * HEIGHT * WIDTH))]:
        for c in range(CHANNELS):
            x = INPUTS[i][c, u, v]
            found[c, u, v] = max(x - reach, LOW) if drawn[1 + c, u, v] < 0.5 else min(x + reach, HIGH)
    return found


def unchanged(i: int, x: Array) -> bool:
    """The same class, and logits without their mean that move by no more than a share of their size."""
    before, after = NETWORK.run(INPUTS[i]).logits, NETWORK.run(x).logits
    before, after = before - before.mean(), after - after.mean()
    return same_class(i, x) and size(after - before) <= TOLERANCE * size(before)


def explanation_manipulation(i: int) -> float:
    """1 - the correlation of the map with the first one, at the best input that was found."""
    current, best, share = INPUTS[i], 0.0, MOST
    for query in range(QUERIES):
        share = min(max(share, 1 / (HEIGHT * WIDTH)), MOST * (LEAST / MOST) ** (query / (QUERIES - 1)))
        proposed = proposal(i, current, query, share)
        allowed = unchanged(i, proposed)
        share *= LONGER if allowed else SHORTER
        gain = 1 - pearson(explanation(proposed, TARGETS[i]).ravel(), judged(i).ravel())
        if allowed and gain > best + GAIN:
            current, best = proposed, gain
    return best
