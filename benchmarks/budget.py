"""Splits of a budget of passes between steps and samples, and the interval that each of them buys."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from budget_curves import Curves, shares
from torch import Tensor

from whybench.statistics.intervals import estimate
from whybench.statistics.pairs import paired
from whybench.statistics.values import Array
from whybench.sweeps.steps import step_grid

WIDER = 1.05
"""How much wider than that of the full grid an interval may be to count as the same."""


@dataclass(frozen=True)
class Split:
    """A rule of steps, and so many samples.

    rule: `even` or `stratified`; steps: intervals, or strata; samples: how many.
    """

    rule: str
    steps: int
    samples: int

    def points(self, regions: int) -> int:
        """Passes a sample and order: both ends are points of even intervals, of which regions allow only so many."""
        return len(step_grid(regions, self.steps)) if self.rule == "even" else self.steps


@dataclass(frozen=True)
class Outcome:
    """What a split gives, mean over draws of samples and offsets.

    passes: a method; width: of the paired 95 % interval, geometric mean over the pairs of methods; relative: that
    width to the full grid's on the same samples; error: root mean square difference to the full grid's mean
    differences on the same samples, as a share of the half width.
    """

    split: Split
    passes: float
    width: float
    relative: float
    error: float


def outcomes(curves: Curves, samples: int, rules: Sequence[tuple[str, int]], draws: int) -> list[Outcome]:
    """Every rule on the same `draws` sets of samples: without repetition where there are enough, otherwise with."""
    generator = np.random.default_rng(samples)
    found: dict[Split, list[tuple[float, float, float, float]]] = {Split(*rule, samples): [] for rule in rules}
    for draw in range(draws):
        chosen = generator.choice(len(curves.ids), samples, replace=samples > len(curves.ids))
        some = curves.take(torch.from_numpy(np.sort(chosen)))
        full = _differences(some.even(some.regions))
        names = [f"{name} {number}" for number, name in enumerate(some.ids)]  # one drawn twice is asked at new offsets
        for split, results in found.items():
            even = split.rule == "even"
            areas = some.even(split.steps) if even else some.stratified(shares(split.steps, names, draw))
            results.append((some.passes(split.points(some.regions)), *_against(_differences(areas), full)))
    return [_summary(split, results) for split, results in found.items()]


def _summary(split: Split, results: Sequence[tuple[float, float, float, float]]) -> Outcome:
    passes, width, relative, error = np.array(results).T
    middle = (float(np.exp(np.log(each).mean())) for each in (width, relative))
    return Outcome(split, float(passes.mean()), *middle, float(np.sqrt((error**2).mean())))


def _differences(areas: Tensor) -> Array:
    """The mean difference and the half width of its interval, as on the board, for each pair of methods: (pairs, 2)."""
    found = [estimate(paired(a.numpy(), b.numpy())) for a, b in combinations(areas, 2)]
    return np.array([(one.mean, one.half_width) for one in found], dtype=float)


def _against(ours: Array, full: Array) -> tuple[float, float, float]:
    """Width, width relative to the full grid's, and error, over all pairs of methods."""
    width, relative = np.exp(np.log(2 * ours[:, 1]).mean()), np.exp(np.log(ours[:, 1] / full[:, 1]).mean())
    error = np.sqrt((((ours[:, 0] - full[:, 0]) / full[:, 1]) ** 2).mean())
    return float(width), float(relative), float(error)


def saving(outcomes: list[Outcome], full: Outcome, rule: str) -> tuple[float, Outcome] | None:
    """How many times fewer passes the cheapest split of a rule needs for the full grid's interval on its samples.

    Its estimates may not be off by more than half of the interval's half width either. None where no split does it.
    """
    same = [
        o
        for o in outcomes
        if o.split.rule == rule
        and o.split.samples == full.split.samples
        and o.relative <= WIDER
        and o.error <= 0.5
        and o.passes < full.passes
    ]
    cheapest = min(same, key=lambda o: o.passes, default=None)
    return None if cheapest is None else (full.passes / cheapest.passes, cheapest)
