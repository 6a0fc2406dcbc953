"""Methods that take pieces of the image away, from all sets or from named draws, and the controls."""

from functools import cache
from itertools import permutations
from math import exp, factorial, hypot

import numpy as np
from slow_streams import permutation, uniform
from slow_world import BASELINE, HEIGHT, IDS, INPUTS, MEAN, NETWORK, TARGETS, WIDTH, Array

SIDE = 2
PLAYERS = (HEIGHT // SIDE) * (WIDTH // SIDE)
ORDERS, DRAWS = 10, 60


def player(u: int, v: int) -> int:
    return (u // SIDE) * (WIDTH // SIDE) + v // SIDE


def spread(values: Array, channels: int) -> Array:
    """Each player's value shared equally by its pixels and channels."""
    found = np.zeros((channels, HEIGHT, WIDTH))
    for c, u, v in np.ndindex(*found.shape):
        found[c, u, v] = values[player(u, v)] / (SIDE * SIDE * channels)
    return found


def kept(i: int, players: frozenset[int], fill: float) -> Array:
    """The image with all other players filled in."""
    x = INPUTS[i].copy()
    for u, v in np.ndindex(HEIGHT, WIDTH):
        if player(u, v) not in players:
            x[:, u, v] = fill
    return x


@cache
def answer(i: int, players: frozenset[int], fill: float, output: str) -> float:
    logits = NETWORK.run(kept(i, players, fill)).logits
    if output == "logit":
        return float(logits[TARGETS[i]])
    shifted = np.exp(logits - logits.max())
    return float(shifted[TARGETS[i]] / shifted.sum())


def shapley(i: int, fill: float, output: str) -> Array:
    """phi_p = sum over S without p of |S|! (M - |S| - 1)! / M! (v(S and p) - v(S))."""
    phi = np.zeros(PLAYERS)
    for code in range(2**PLAYERS):
        some = frozenset(p for p in range(PLAYERS) if code >> p & 1)
        for p in set(range(PLAYERS)) - some:
            weight = factorial(len(some)) * factorial(PLAYERS - len(some) - 1) / factorial(PLAYERS)
            phi[p] += weight * (answer(i, some | {p}, fill, output) - answer(i, some, fill, output))
    return phi


def kernel_shap(i: int) -> Array:
    """With all coalitions asked, the regression's answer is the Shapley value."""
    return spread(shapley(i, BASELINE, "logit"), 2)


def exact_shapley(i: int) -> Array:
    return spread(shapley(i, MEAN, "probability"), 1)


def shapley_sampling(i: int) -> Array:
    total = np.zeros(PLAYERS)
    for order in range(ORDERS):
        place = permutation("shapley_sampling", IDS[i], order // 2, PLAYERS)
        if order % 2:
            place = [PLAYERS - 1 - at for at in place]
        for p in range(PLAYERS):
            before = frozenset(q for q in range(PLAYERS) if place[q] < place[p])
            total[p] += answer(i, before | {p}, BASELINE, "logit") - answer(i, before, BASELINE, "logit")
    return spread(total / ORDERS, 2)


def occlusion(i: int) -> Array:
    """Windows side by side, of a pixel each."""
    found = np.zeros(INPUTS[i].shape)
    for u, v in np.ndindex(HEIGHT, WIDTH):
        hidden = INPUTS[i].copy()
        hidden[:, u, v] = BASELINE
        found[:, u, v] = NETWORK.logit(INPUTS[i], TARGETS[i]) - NETWORK.logit(hidden, TARGETS[i])
    return found


def lime(i: int) -> Array:
    """Weighted least squares with an intercept; the kernel is of the cosine distance to all ones."""
    coins = uniform("lime", IDS[i], 0, (DRAWS - 1, PLAYERS)) < 0.5
    drawn = [frozenset(range(PLAYERS)), *(frozenset(np.flatnonzero(row).tolist()) for row in coins)]
    rows, values, weights = [], [], []
    for some in drawn:
        distance = 1 - (len(some) / PLAYERS) ** 0.5
        weights.append(exp(-(distance**2) / (2 * 0.25**2)))
        rows.append([1.0, *(float(p in some) for p in range(PLAYERS))])
        values.append(answer(i, some, BASELINE, "logit"))
    root = np.sqrt(weights)
    solved = np.linalg.lstsq(np.array(rows) * root[:, None], np.array(values) * root, rcond=None)[0]
    return spread(solved[1:], 2)


def area(i: int, order: tuple[int, ...]) -> float:
    """Insertion minus deletion on the probability, a region a step, regions of equal size, infill mean."""
    everyone, n = frozenset(range(PLAYERS)), PLAYERS
    gone = [answer(i, everyone - set(order[:k]), MEAN, "probability") for k in range(n + 1)]
    back = [answer(i, frozenset(order[:k]), MEAN, "probability") for k in range(n + 1)]
    return sum((back[k] + back[k + 1] - gone[k] - gone[k + 1]) / 2 / n for k in range(n))


def best_order(i: int) -> Array:
    """The best of all orders, by trying each; of equal ones that which ends in the first regions."""
    best = max(permutations(range(PLAYERS)), key=lambda order: (round(area(i, order), 12), [-p for p in order[::-1]]))
    values = np.zeros(PLAYERS)
    for place, p in enumerate(best):
        values[p] = 1 - place / PLAYERS
    return spread(values, 1)


def constant(i: int) -> Array:
    return np.ones(INPUTS[i].shape)


def input_difference(i: int) -> Array:
    return np.abs(INPUTS[i] - MEAN)


def centre(i: int) -> Array:
    def bump(place: int, size: int) -> float:
        return exp(-(((place + 0.5) / size - 0.5) ** 2) / (2 * 0.25**2))

    return np.array([[bump(u, HEIGHT) * bump(v, WIDTH) for v in range(WIDTH)] for u in range(HEIGHT)])[None]


def sobel_edges(i: int) -> Array:
    grey, found = np.pad(INPUTS[i].mean(0), 1, mode="edge"), np.zeros((HEIGHT, WIDTH))
    kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    for u, v in np.ndindex(HEIGHT, WIDTH):
        window = grey[u : u + 3, v : v + 3]
        found[u, v] = hypot((window * kernel).sum(), (window * kernel.T).sum())
    return found[None]
