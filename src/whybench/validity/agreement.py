"""Does a metric put methods in the order of their true errors?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whybench.statistics import kendall_tau_b
from whybench.statistics.intervals import Estimate, estimate
from whybench.statistics.values import Array
from whybench.validity.judging import Judged

FEWEST_METHODS, FEWEST_SAMPLES, DEFINED = 5, 5, 0.75
"""An order of fewer methods, or of means over fewer samples, says too little; a method with fewer values leaves it."""


@dataclass(frozen=True)
class Agreement:
    """One metric on one world: Kendall's tau-b between its order of methods and that by true error.

    tau: 1 where the methods stand in the order of their errors, -1 where in its reverse, 0 for a metric that puts all
    methods level; None where too few methods or samples have a score. methods, samples: how many the order is of.
    """

    world: str
    metric: str
    tau: float | None
    methods: int
    samples: int


def agreement(judged: Judged, metric: str, distance: str = "misplaced") -> Agreement:
    """Compare the order of methods by their mean score with the order by their mean true error.

    Samples on which no method has a score do not count. A method that has one on less than three quarters of the others
    leaves both orders; means are then taken over the samples on which all that stay have one.
    """
    kept, chosen = common(judged.scores[metric], judged.errors[distance])
    if kept.sum() < FEWEST_METHODS or chosen.sum() < FEWEST_SAMPLES:
        return Agreement(judged.world, metric, None, int(kept.sum()), int(chosen.sum()))
    better = judged.scores[metric][kept][:, chosen].mean(1) * (1 if judged.higher_is_better[metric] else -1)
    truth = -judged.errors[distance][kept][:, chosen].mean(1)
    return Agreement(judged.world, metric, tau(better, truth), int(kept.sum()), int(chosen.sum()))


def tau(first: Array, second: Array) -> float:
    """Kendall's tau-b; 0 where one side puts all level, which orders nothing."""
    if first.min() == first.max() or second.min() == second.max():
        return 0.0
    return kendall_tau_b([float(v) for v in first], [float(v) for v in second])


def common(*tables: Array) -> tuple[Array, Array]:
    """Which methods and which samples can be compared in all tables (methods, samples) alike: two bool masks."""
    known = np.all([np.isfinite(table) for table in tables], axis=0)
    kept = often(known)
    return kept, known[kept].all(0) if kept.any() else np.zeros(known.shape[1], dtype=bool)


def often(known: Array) -> Array:
    """The methods that have a value on three quarters of the samples on which any has one: (methods,) bool."""
    some = known.any(0)
    return known[:, some].mean(1) >= DEFINED if some.any() else np.zeros(len(known), dtype=bool)


@dataclass(frozen=True)
class Validity:
    """A metric over many worlds: the mean tau with its interval over worlds, and of how many worlds of how many."""

    metric: str
    tau: Estimate | None
    worlds: int
    of: int


def validity(agreements: Iterable[Agreement]) -> Validity:
    """Sum up one metric's agreements; worlds are the units that the interval resamples."""
    found = list(agreements)
    known = [a.tau for a in found if a.tau is not None]
    return Validity(found[0].metric, estimate(known) if known else None, len(known), len(found))
