"""One metric on one model and dataset: who is ahead of whom, and by how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from whybench.leaderboard.entry import Entry
from whybench.leaderboard.variants import Variant
from whybench.statistics import Estimate, Pairwise, compare, estimate, pairwise, rank_intervals, ranks, tie_groups
from whybench.statistics.values import Array


class Block(NamedTuple):
    """A model on a dataset, for one kind of explanation."""

    kind: str
    dataset: str
    model: str


class Place(NamedTuple):
    """Where a method stands: its rank, the rank's interval (None from one sample), and its tie group's letters."""

    rank: int
    interval: tuple[int, int] | None
    tie_group: str


class Gain(NamedTuple):
    """The mean paired difference over a control, positive where the method is better."""

    over: Variant
    difference: Estimate


class Flag(NamedTuple):
    """A control that no method beats; gain is that of the method with the best mean."""

    control: Variant
    best: Variant
    gain: Estimate
    verdict: Literal["not beaten", "not separated"]


@dataclass(frozen=True, eq=False)
class Contest:
    """All entries of one metric in one block. Methods and controls are ranked alike; only whole entries are ranked.

    An entry is whole where it has a value for every sample that any entry has one for: the mean over another set of
    samples would be compared with nothing.
    """

    block: Block
    metric: Variant
    family: str
    higher_is_better: bool
    trivial: bool
    headline: bool
    entries: tuple[Entry, ...]

    @cached_property
    def asked(self) -> frozenset[str]:
        """Every sample that any entry was asked for."""
        return frozenset[str]().union(*(e.sample_ids for e in self.entries))

    @cached_property
    def sample_ids(self) -> tuple[str, ...]:
        """The samples to compare on: those that any entry has a value for.

        A sample that is undefined for every entry lies outside the metric (its class changes when it is shifted,
        say), not in one method's gaps: it is left out, and the coverage says so.
        """
        return tuple(sorted(frozenset[str]().union(*(e.scored for e in self.entries))))

    @cached_property
    def pool(self) -> tuple[Entry, ...]:
        """The whole entries, best mean first."""
        whole = (e for e in self.entries if e.method in self.estimates)
        return tuple(sorted(whole, key=lambda e: (-self.sign * self.estimates[e.method].mean, e.method)))

    @property
    def sign(self) -> int:
        return 1 if self.higher_is_better else -1

    @cached_property
    def estimates(self) -> Mapping[Variant, Estimate]:
        """The mean of each whole entry with its interval."""
        whole = [e for e in self.entries if self.sample_ids and len(e.values) == len(self.sample_ids)]
        return {e.method: estimate(self.scores(e)) for e in whole}

    def scores(self, entry: Entry) -> Array:
        """A whole entry's scores in the order of sample ids."""
        return np.array([entry.values[i] for i in self.sample_ids], dtype=np.float64)

    def oriented(self, entry: Entry) -> Array:
        """A whole entry's scores, turned so that larger is better."""
        return self.sign * self.scores(entry)

    def reason(self, entry: Entry) -> str:
        """Why an entry has no mean; empty where it has one."""
        if entry.status != "ok" or entry.method in self.estimates:
            return entry.reason
        unscored = len(self.asked) - len(entry.values)
        return entry.reason or f"{unscored} of {len(self.asked)} samples not scored"

    @property
    def ranked(self) -> bool:
        """False for a metric that trivial maps win by definition, and where nothing can be ranked."""
        return bool(self.pool) and not self.trivial

    @cached_property
    def pairs(self) -> Pairwise:
        """The pool's paired tests, in the pool's order."""
        return pairwise(self._oriented, self._standing)

    @cached_property
    def places(self) -> Mapping[Variant, Place]:
        """The pool's ranks and tie groups; empty where the metric is not ranked."""
        if not self.ranked:
            return {}
        intervals = rank_intervals(self._oriented)
        groups = tie_groups(self.pairs.separated)
        standing = ranks(self._standing)
        return {
            e.method: Place(int(standing[k]), intervals[k] if intervals else None, groups[k])
            for k, e in enumerate(self.pool)
        }

    @cached_property
    def best_control(self) -> Entry | None:
        """The control with the best mean."""
        return next((e for e in self.pool if e.control), None)

    @cached_property
    def gains(self) -> Mapping[Variant, Gain]:
        """Each method's gain over the best control; empty without a control and for a metric that is not ranked."""
        control = self.best_control
        if control is None or not self.ranked:
            return {}
        return {e.method: Gain(control.method, self._lead(e, control)) for e in self.pool if not e.control}

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """The controls that the best method does not beat, or only within the interval of the paired difference."""
        best = next((e for e in self.pool if not e.control), None)
        if best is None or not self.ranked:
            return ()
        found = []
        for control in (e for e in self.pool if e.control):
            gain = self._lead(best, control)
            if gain.mean <= 0:
                found.append(Flag(control.method, best.method, gain, "not beaten"))
            elif gain.low is None or gain.low <= 0:
                found.append(Flag(control.method, best.method, gain, "not separated"))
        return tuple(found)

    def _lead(self, ahead: Entry, behind: Entry) -> Estimate:
        return compare(self.oriented(ahead), self.oriented(behind)).difference

    @cached_property
    def _oriented(self) -> Array:
        return np.stack([self.oriented(e) for e in self.pool])

    @cached_property
    def _standing(self) -> list[float]:
        return [self.sign * self.estimates[e.method].mean for e in self.pool]
