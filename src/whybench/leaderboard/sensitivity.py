"""How much of an order of methods is the choice of the metric's parameters: pairs over all specifications."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.specifications import Specification, Swept, swept
from whybench.leaderboard.variants import Variant, labels
from whybench.statistics import LEVEL, Estimate, estimate
from whybench.statistics.pairs import RESOLUTION, paired
from whybench.statistics.resampling import means
from whybench.statistics.values import Array

Truths = np.ndarray[Any, np.dtype[np.bool_]]


class Sensitivity(NamedTuple):
    """Two methods under all specifications of one metric; A is the one that is ahead of more methods in more of them.

    specifications: how many score both whole; share_ahead: in what share of them the mean of A is better, with the
    interval (low, high) that resampling the samples gives, the same ones in all specifications, and which holds the
    share itself; above, below: in what share the 95 % interval of the paired difference lies above, or below, zero.
    """

    kind: str
    dataset: str
    model: str
    family: str
    metric: str
    method_a: str
    method_b: str
    specifications: int
    share_ahead: float
    low: float | None
    high: float | None
    share_behind: float
    above: float
    below: float


@dataclass(frozen=True, eq=False)
class Curve:
    """The specification curve of a swept metric: every pair of methods under every specification."""

    of: Swept

    @cached_property
    def names(self) -> dict[Variant, str]:
        """What methods are called, whatever their maps are read as."""
        return labels(m for s in self.of.specifications for m in s.entries)

    @cached_property
    def controls(self) -> frozenset[Variant]:
        return frozenset(m for s in self.of.specifications for m, e in s.entries.items() if e.control)

    @cached_property
    def order(self) -> list[Variant]:
        """The methods, those first that are ahead of most others in most specifications."""
        others = len(self.names) - 1
        points = {m: sum(self._points(m, o) for o in self.names if o != m) / max(others, 1) for m in self.names}
        return sorted(self.names, key=lambda m: (-points[m], self.names[m]))

    def differences(self, a: Variant, b: Variant) -> list[tuple[Specification, Array]]:
        """a - b sample by sample, positive where a is better, under each specification that scores both whole."""
        return [
            (s, paired(s.contest.oriented(s.entries[a]), s.contest.oriented(s.entries[b])))
            for s in self.of.specifications
            if a in s.entries and b in s.entries
        ]

    def effects(self, a: Variant, b: Variant) -> list[tuple[Specification, Estimate]]:
        """The mean paired difference in its own standard deviations, so that outputs of any unit share an axis."""
        found = []
        for one, difference in self.differences(a, b):
            scale = (float(difference.std(ddof=1)) if len(difference) > 1 else 0.0) or 1.0
            found.append((one, estimate(difference / scale)))
        return found

    @cached_property
    def rows(self) -> tuple[Sensitivity, ...]:
        """All pairs that any specification scores."""
        return tuple(self._rows())

    def _rows(self) -> Iterable[Sensitivity]:
        for a, b in combinations(self.order, 2):
            found = [estimate(difference) for _, difference in self.differences(a, b)]
            if not found:
                continue
            yield Sensitivity(
                *(*self.of.block, self.of.family, self.of.metric),
                *(self.names[a], self.names[b], len(found)),
                sum(d.mean > 0 for d in found) / len(found),
                *self._interval(a, b, sum(d.mean > 0 for d in found) / len(found)),
                sum(d.mean < 0 for d in found) / len(found),
                above=sum(d.low is not None and d.low > 0 for d in found) / len(found),
                below=sum(d.high is not None and d.high < 0 for d in found) / len(found),
            )

    def _interval(self, a: Variant, b: Variant, share: float) -> tuple[float | None, float | None]:
        """Of the share in which a is ahead, over resamples of the samples that all specifications score."""
        ahead = [self._ahead(s[a], s[b]) for s in self._resampled if a in s and b in s]
        if len(self._samples) < 2 or not ahead:
            return None, None
        tail = (1 - LEVEL) / 2
        low, high = np.quantile(np.stack(ahead).mean(axis=0), [tail, 1 - tail])
        return min(float(low), share), max(float(high), share)

    def _points(self, a: Variant, b: Variant) -> float:
        """In what share of the specifications a's mean is ahead of b's, equal ones a half."""
        both = [(s.contest, s.entries) for s in self.of.specifications if a in s.entries and b in s.entries]
        leads = [c.sign * np.sign(c.estimates[e[a].method].mean - c.estimates[e[b].method].mean) for c, e in both]
        return float(np.mean(leads) / 2 + 0.5) if leads else 0.5

    @cached_property
    def _samples(self) -> list[str]:
        shared = frozenset.intersection(*(frozenset(s.contest.sample_ids) for s in self.of.specifications))
        return sorted(shared)

    @cached_property
    def _resampled(self) -> Sequence[dict[Variant, Array]]:
        """The mean of every method in every resample, larger is better, a specification each."""
        return [
            {
                m: means(s.contest.sign * np.array([e.values[i] for i in self._samples], dtype=np.float64))
                for m, e in s.entries.items()
            }
            for s in self.of.specifications
            if self._samples
        ]

    def _ahead(self, a: Array, b: Array) -> Truths:
        larger: Truths = a - b > RESOLUTION * max(float(np.abs(a).max()), float(np.abs(b).max()))
        return larger


def curves(contests: Sequence[Contest]) -> list[Curve]:
    """A specification curve for every metric that a block holds under two specifications or more."""
    return [Curve(one) for one in swept(contests)]
