"""Sufficiency: whether the model says the same to samples whose maps are near."""

import numpy as np
from slow_world import INPUTS, TARGETS, Array, judged


def unit(maps: Array) -> Array:
    return maps / np.sqrt((maps**2).sum(1, keepdims=True))


def by_deviation(maps: Array) -> Array:
    return maps / maps.std(0)


def same_class(i: int, maps: Array, threshold: float) -> float | None:
    """Of the other samples whose maps are near, the share with the same class; undefined where none is near."""
    apart = np.array([[np.sqrt(((a - b) ** 2).sum()) for b in maps] for a in maps])
    near = [j for j in range(len(maps)) if j != i and apart[i, j] <= threshold * apart.max()]
    return sum(TARGETS[j] == TARGETS[i] for j in near) / len(near) if near else None


def all_judged() -> Array:
    return np.array([judged(j).ravel() for j in range(len(INPUTS))])


def sufficiency(i: int) -> float | None:
    return same_class(i, unit(all_judged()), 0.6)


def sufficiency_of_more(i: int) -> float | None:
    return same_class(i, unit(all_judged()), 0.97)


def sufficiency_of_less(i: int) -> float | None:
    """One pair is near; two would be if the maps kept their sizes."""
    return same_class(i, unit(all_judged()), 0.8)


def sufficiency_of_sizes(i: int) -> float | None:
    return same_class(i, unit(np.abs(all_judged())), 0.97)


def sufficiency_by_deviation(i: int) -> float | None:
    return same_class(i, by_deviation(np.abs(all_judged())), 0.95)
