"""Metrics of maps that should stay, or move along, when all of the image moves."""

import numpy as np
from slow_gradients import integrated, integrated_gradients
from slow_world import BASELINE, HEIGHT, INPUTS, NETWORK, TARGETS, WIDTH, Array, explanation, judged

SHIFT = 1.0
PIXELS_MOVED = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Down and right; an eighth of the shorter side is less than one pixel, which is the least."""


def input_invariance(i: int) -> float:
    """f2(z) = f(z - m), asked at x + m: its gradient there is that of f at x, and is multiplied by what is seen."""
    before = INPUTS[i] * NETWORK.gradient(INPUTS[i], TARGETS[i])
    moved = INPUTS[i] + SHIFT
    return largest_change(before, moved * NETWORK.gradient(moved - SHIFT, TARGETS[i]))


def input_invariance_of_integrated_gradients(i: int) -> float:
    """Their baseline stays."""
    return largest_change(integrated_gradients(i), integrated_behind_a_shift(i, BASELINE))


def input_invariance_with_the_baseline(i: int) -> float:
    """Their baseline moves along: nothing changes."""
    return largest_change(integrated_gradients(i), integrated_behind_a_shift(i, BASELINE + SHIFT))


def integrated_behind_a_shift(i: int, baseline: float) -> Array:
    return integrated(INPUTS[i] + SHIFT, baseline, lambda x: NETWORK.gradient(x - SHIFT, TARGETS[i]))


def largest_change(before: Array, after: Array) -> float:
    return float(np.abs(after - before).max() / np.abs(before).max())


def translated(x: Array, down: int, right: int) -> Array:
    """What becomes free repeats the border."""
    found = np.zeros(x.shape)
    for u, v in np.ndindex(HEIGHT, WIDTH):
        found[:, u, v] = x[:, min(max(u - down, 0), HEIGHT - 1), min(max(v - right, 0), WIDTH - 1)]
    return found


def kept_shifts(i: int) -> list[tuple[int, int, Array]]:
    """Those that leave the class as it is, and what becomes of the image."""
    moved = [(down, right, translated(INPUTS[i], down, right)) for down, right in PIXELS_MOVED]
    return [
        each for each in moved if np.argmax(NETWORK.run(each[2]).logits) == np.argmax(NETWORK.run(INPUTS[i]).logits)
    ]


def input_shift_consistency(i: int) -> float:
    """The mean over shifts that keep the class, on pixels that are on both images."""
    distances = []
    for down, right, moved in kept_shifts(i):
        map_there = explanation(moved, TARGETS[i])
        both = [
            (map_there[u, v], judged(i)[u - down, v - right])
            for u, v in np.ndindex(HEIGHT, WIDTH)
            if 0 <= u - down < HEIGHT and 0 <= v - right < WIDTH
        ]
        there, here = np.array(both).T
        there, here = there / np.abs(there).sum(), here / np.abs(here).sum()
        distances.append(np.abs(there - here).sum() / (np.abs(there).sum() + np.abs(here).sum()))
    return float(np.mean(distances))


def continuity(i: int) -> float:
    """The largest of |R(Tx) - R(x)|_1 / |Tx - x|_2 over the same shifts, the maps of L1 norm 1."""
    ratios = []
    for _, _, moved in kept_shifts(i):
        after, before = explanation(moved, TARGETS[i]), judged(i)
        change = np.abs(after / np.abs(after).sum() - before / np.abs(before).sum()).sum()
        ratios.append(float(change / ((moved - INPUTS[i]) ** 2).sum() ** 0.5))
    return max(ratios)
