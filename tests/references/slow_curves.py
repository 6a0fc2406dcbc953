"""Metrics that take the image away, or put it back, pixel by pixel in the order of the map."""

from collections.abc import Callable, Iterable
from itertools import pairwise, permutations

import numpy as np
from slow_removal import PLAYERS, answer, player
from slow_streams import permutation
from slow_world import HEIGHT, IDS, INPUTS, MEAN, NETWORK, TARGETS, WIDTH, Array, judged

PIXELS = HEIGHT * WIDTH
ENOUGH = 0.9


Order = list[tuple[int, int]]


def orders(i: int) -> list[Order]:
    """Pixels, the most relevant first: once with equal ones in an order that is drawn, once in its reverse."""
    drawn = permutation("sweep/ties", IDS[i], 0, PIXELS)
    pixels = list(np.ndindex(HEIGHT, WIDTH))
    return [
        sorted(pixels, key=lambda place: (-judged(i)[place], ties.index(pixels.index(place))))
        for ties in (drawn, drawn[::-1])
    ]


def over_ties(i: int, judge: Callable[[Order], float]) -> float:
    return sum(map(judge, orders(i))) / 2


def probability(x: Array, target: int) -> float:
    logits = NETWORK.run(x).logits
    shifted = np.exp(logits - logits.max())
    return float(shifted[target] / shifted.sum())


def images(i: int, places: Order, insertion: bool) -> list[Array]:
    """The image after 0, 1, ..., all pixels."""
    x = np.full(INPUTS[i].shape, MEAN) if insertion else INPUTS[i].copy()
    found = [x.copy()]
    for u, v in places:
        x[:, u, v] = INPUTS[i][:, u, v] if insertion else MEAN
        found.append(x.copy())
    return found


def curve(i: int, places: Order, insertion: bool = False) -> list[float]:
    return [probability(x, TARGETS[i]) for x in images(i, places, insertion)]


def area(values: list[float]) -> float:
    """By the trapezoid, from 0 to 1."""
    return sum((a + b) / 2 for a, b in pairwise(values)) / (len(values) - 1)


def pixel_flipping(i: int) -> float:
    return over_ties(i, lambda places: area(curve(i, places)))


def insertion(i: int) -> float:
    return over_ties(i, lambda places: area(curve(i, places, insertion=True)))


def aopc(i: int) -> float:
    return probability(INPUTS[i], TARGETS[i]) - pixel_flipping(i)


def abpc(i: int) -> float:
    return over_ties(i, lambda places: area(curve(i, places[::-1]))) - pixel_flipping(i)


def srg(i: int) -> float:
    return insertion(i) - pixel_flipping(i)


def monotonicity(i: int) -> float:
    """The least relevant are put back first."""

    def rising(places: Order) -> float:
        values = curve(i, places[::-1], insertion=True)
        return sum(b >= a for a, b in pairwise(values)) / PIXELS

    return over_ties(i, rising)


def sufficient(i: int, x: Array) -> bool:
    """Whether an image has the class and 0.9 of the probability."""
    enough = probability(x, TARGETS[i]) >= ENOUGH * probability(INPUTS[i], TARGETS[i])
    return bool(enough and not destroyed(i, x))


def destroyed(i: int, x: Array) -> bool:
    """Whether an image has another class."""
    return bool(np.argmax(NETWORK.run(x).logits) != np.argmax(NETWORK.run(INPUTS[i]).logits))


def ssr(i: int) -> float:
    """How many are put back until that is sufficient."""
    return over_ties(i, lambda places: first(sufficient(i, x) for x in images(i, places, insertion=True)))


def sdr(i: int) -> float:
    """How many are taken away until the class is another one."""
    return over_ties(i, lambda places: first(destroyed(i, x) for x in images(i, places, insertion=False)))


def first(met: Iterable[bool]) -> float:
    """The share of pixels at the first point where something is met, 1 where it never is."""
    return next((k for k, holds in enumerate(met) if holds), PIXELS) / PIXELS


# Regions of 2 x 2 pixels, of which there are few enough to try all orders


def of_regions(i: int) -> tuple[int, ...]:
    sums = np.zeros(PLAYERS)
    for u, v in np.ndindex(HEIGHT, WIDTH):
        sums[player(u, v)] += judged(i)[u, v]
    return tuple(sorted(range(PLAYERS), key=lambda p: -sums[p]))


def region_curve(i: int, regions: tuple[int, ...], insertion: bool) -> list[float]:
    everyone = frozenset(range(PLAYERS))
    kept = [frozenset(regions[:k]) for k in range(PLAYERS + 1)]
    return [answer(i, some if insertion else everyone - some, MEAN, "probability") for some in kept]


def all_orders(judge: Callable[[tuple[int, ...]], float]) -> list[float]:
    return [judge(each) for each in permutations(range(PLAYERS))]


def naopc(i: int) -> float:
    def removed(regions: tuple[int, ...]) -> float:
        return area(region_curve(i, regions, insertion=False))

    found = all_orders(removed)
    return (max(found) - removed(of_regions(i))) / (max(found) - min(found))


def regret(i: int) -> float:
    def gain(regions: tuple[int, ...]) -> float:
        return area(region_curve(i, regions, insertion=True)) - area(region_curve(i, regions, insertion=False))

    return max(all_orders(gain)) - gain(of_regions(i))
