"""A random search, among inputs nearby that the network says the same of, for a map unlike the first one."""

from dataclasses import dataclass

import numpy as np
from slow_costs import pearson
from slow_robustness import same_class, size
from slow_streams import uniform
from slow_world import CHANNELS, HEIGHT, HIGH, IDS, INPUTS, LOW, NETWORK, TARGETS, WIDTH, Array, explanation, judged

MOST, LEAST = 1 / 2, 1 / 64
"""The shares of pixels that an attacker moves at first and at last, at most."""
LONGER, SHORTER, GAIN = 2.0, 0.8, 1e-6
"""An allowed step makes the next one longer, another one shorter; smaller gains than this are none."""


@dataclass(frozen=True)
class Attack:
    """away: or towards the map of another class; radius, tolerance: shares of the inputs' range, the logits' size."""

    queries: int
    radius: float = 0.03
    tolerance: float = 0.1
    away: bool = True

    def proposal(self, i: int, current: Array, query: int, share: float) -> Array:
        """Pixels with the smallest of one number each go to corners of what is allowed, which by one number a value."""
        drawn = uniform("manipulation", IDS[i], query, (1 + CHANNELS, HEIGHT, WIDTH))
        reach, found = self.radius * (HIGH - LOW), current.copy()
        places = sorted(np.ndindex(HEIGHT, WIDTH), key=lambda place: drawn[0][place])
        for u, v in places[: max(1, round(share * HEIGHT * WIDTH))]:
            for c in range(CHANNELS):
                x = INPUTS[i][c, u, v]
                found[c, u, v] = max(x - reach, LOW) if drawn[1 + c, u, v] < 0.5 else min(x + reach, HIGH)
        return found

    def allows(self, i: int, x: Array) -> bool:
        """The same class, and logits without their mean that move by no more than a share of their size."""
        before, after = NETWORK.run(INPUTS[i]).logits, NETWORK.run(x).logits
        before, after = before - before.mean(), after - after.mean()
        return same_class(i, x) and size(after - before) <= self.tolerance * size(before)

    def likeness(self, i: int, x: Array) -> float:
        """The correlation with the first map, its sign turned, or with that of the second largest logit."""
        if self.away:
            return -pearson(explanation(x, TARGETS[i]).ravel(), judged(i).ravel())
        other = int(np.argsort(NETWORK.run(INPUTS[i]).logits)[-2])
        return pearson(explanation(x, TARGETS[i]).ravel(), explanation(INPUTS[i], other).ravel())

    def gain(self, i: int) -> float:
        """By how much that rises up to the best input that is found."""
        current, best, share = INPUTS[i], 0.0, MOST
        for query in range(self.queries):
            share = min(max(share, 1 / (HEIGHT * WIDTH)), MOST * (LEAST / MOST) ** (query / (self.queries - 1)))
            proposed = self.proposal(i, current, query, share)
            allowed = self.allows(i, proposed)
            share *= LONGER if allowed else SHORTER
            gain = self.likeness(i, proposed) - self.likeness(i, INPUTS[i])
            if allowed and gain > best + GAIN:
                current, best = proposed, gain
        return best


def explanation_manipulation(i: int) -> float:
    return Attack(queries=4).gain(i)


def explanation_manipulation_far(i: int) -> float:
    """So far that the class may change, and so long that steps are refused and do not pay."""
    return Attack(queries=40, radius=0.2, tolerance=0.5).gain(i)


def explanation_manipulation_towards(i: int) -> float:
    return Attack(queries=4, away=False).gain(i)
