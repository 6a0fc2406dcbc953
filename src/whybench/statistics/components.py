"""Variance components: how much of the differences between scores each source of chance accounts for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from whybench.statistics.values import Array, finite


@dataclass(frozen=True)
class Component:
    """One source of variance.

    factors: a main effect, or an interaction; the last and largest is what remains. variance: its estimate, unbiased
    and so sometimes below zero where the truth is near zero; share: its part of the total, those below zero counted
    as zero; freedom, mean_square: of the analysis of variance.
    """

    factors: tuple[str, ...]
    variance: float
    share: float
    freedom: int
    mean_square: float


def variance_components(
    scores: Array, factors: Sequence[str], within: Mapping[str, Sequence[str]] | None = None
) -> tuple[Component, ...]:
    """Variance components of a complete balanced table, by the method of moments, all factors random.

    scores: one axis a factor, every combination once; within: the factors in which a factor is nested, whose levels
    are then other ones in each (samples within models). With MS_T the mean square of a term T and n_U the number of
    scores that share the levels of U's factors,

        E[MS_T] = sum over terms U that hold T of n_U variance_U,

    solved from the largest term down. The variance of methods is that of the methods at hand. A sum of components
    over how many levels each is averaged gives the squared standard error of any mean of such scores.

    Raises ValueError where a value is not finite, an axis has one level, or the names do not fit.
    Source: searle1992.

    >>> scores = np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]])
    >>> found = variance_components(scores, ["group", "member"], {"member": ["group"]})
    >>> [(c.factors, round(c.variance, 6)) for c in found]
    [(('group',), 7.666667), (('group', 'member'), 1.0)]
    """
    table = finite(scores, len(factors))
    nests = {factor: tuple((within or {}).get(factor, ())) for factor in factors}
    _check(table, factors, within or {})
    terms = [t for size in range(1, len(factors) + 1) for t in combinations(range(len(factors)), size)]
    squares: dict[tuple[int, ...], float] = {}
    freedoms: dict[tuple[int, ...], int] = {}
    for term in terms:
        home = _closed(term, factors, nests)
        squares[home] = squares.get(home, 0.0) + _sum_of_squares(table, term)
        freedoms[home] = freedoms.get(home, 0) + int(np.prod([table.shape[k] - 1 for k in term]))
    mean_squares = {term: squares[term] / freedoms[term] for term in squares}
    variances: dict[tuple[int, ...], float] = {}
    for term in sorted(mean_squares, key=len, reverse=True):
        above = sum(_shared(table, u) * v for u, v in variances.items() if set(term) < set(u))
        variances[term] = (mean_squares[term] - above) / _shared(table, term)
    total = sum(max(v, 0.0) for v in variances.values())
    return tuple(
        Component(
            tuple(factors[k] for k in term),
            variances[term],
            max(variances[term], 0.0) / total if total else 0.0,
            freedoms[term],
            mean_squares[term],
        )
        for term in sorted(mean_squares, key=lambda t: (len(t), t))
    )


def difference_error(components: Sequence[Component], of: str, levels: Mapping[str, int]) -> float:
    """The standard error of the difference between the means of two levels of a factor (two methods, say).

    sqrt(2 sum of variance_U / (product of the levels of U's other factors)) over the interactions U of that factor:
    what all levels share (a hard sample, a model) cancels. levels: how many of each other factor a mean is over,
    nested ones within one level of the outer (samples of one model). With many samples the interaction of method and
    model remains, which only more models bring down. Components below zero count as zero.

    Raises ValueError for a factor without a number of levels. Source: searle1992.

    >>> scores = np.array([[1.0, 2.0, 4.0], [2.0, 4.0, 5.0]])  # differences 1, 2, 1: standard deviation 1 / sqrt(3)
    >>> round(difference_error(variance_components(scores, ["method", "sample"]), "method", {"sample": 3}), 6)
    0.333333
    """
    total = 0.0
    for component in components:
        others = [name for name in component.factors if name != of]
        if len(others) == len(component.factors) or not others:
            continue
        for name in others:
            if name not in levels:
                raise ValueError(f"no number of levels for {name!r}; given are {', '.join(levels) or 'none'}")
        total += max(component.variance, 0.0) / math.prod(levels[name] for name in others)
    return math.sqrt(2 * total)


def _check(table: Array, factors: Sequence[str], within: Mapping[str, Sequence[str]]) -> None:
    if len(set(factors)) < len(factors):
        raise ValueError(f"factors {', '.join(factors)}; each axis has a name of its own")
    for name in {*within, *(outer for nest in within.values() for outer in nest)} - set(factors):
        raise ValueError(f"unknown factor {name!r}; the factors are {', '.join(factors)}")
    for name, levels in zip(factors, table.shape, strict=True):
        if levels < 2:
            raise ValueError(f"factor {name!r} has one level, which says nothing of its variance; leave it out")


def _closed(term: tuple[int, ...], factors: Sequence[str], nests: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
    """The term together with the factors in which its own are nested, and those in which these are."""
    names = {factors[k] for k in term}
    while not names >= {outer for name in names for outer in nests[name]}:
        names |= {outer for name in names for outer in nests[name]}
    return tuple(k for k, name in enumerate(factors) if name in names)


def _sum_of_squares(table: Array, term: tuple[int, ...]) -> float:
    """Of the interaction of the term's factors in the crossed table: its effects, squared and summed."""
    effect = table.mean(axis=tuple(k for k in range(table.ndim) if k not in term), keepdims=True)
    for k in term:
        effect = effect - effect.mean(axis=k, keepdims=True)
    return float(np.sum(effect**2)) * _shared(table, term)


def _shared(table: Array, term: tuple[int, ...]) -> int:
    """How many scores share the levels of the term's factors."""
    return int(np.prod([table.shape[k] for k in range(table.ndim) if k not in term]))
