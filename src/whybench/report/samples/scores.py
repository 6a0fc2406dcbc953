"""What one method scored on each sample: a table of samples by metrics, in which every gap has a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.entry import Entry
from whybench.leaderboard.figures import DASH, NOTHING, number
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.records import Record, SampleScore

COLUMNS = 24
"""Metrics of a page; headlines come first."""


def short(value: float | None) -> str:
    """A score to four digits, a dash for none; what rounding left of zero is shown as zero.

    >>> short(0.123456), short(-1.4e-17), short(None)
    ('0.1235', '0', '—')
    """
    return "0" if value is not None and abs(value) < NOTHING else number(value)


@dataclass(frozen=True)
class SampleCell:
    """text: the score, or what stands in its place; value: what sorts it; reason: why it is none, or only a bound."""

    text: str
    value: float | None = None
    reason: str = ""
    mark: str = ""


@dataclass(frozen=True, eq=False)
class Column:
    """One metric's scores of one method, sample by sample; the mean over seeds where there are several."""

    contest: Contest
    entry: Entry
    name: str
    records: Sequence[Record]

    @property
    def header(self) -> str:
        """The metric's name, and which way is better."""
        return f"{self.name}\u00a0{'↑' if self.contest.higher_is_better else '↓'}"

    @property
    def mean(self) -> str:
        """What the board shows, without its interval."""
        found = self.contest.estimates.get(self.entry.method)
        return short(None if found is None else found.mean)

    @cached_property
    def extremes(self) -> Mapping[str, str]:
        """The samples with the worst and with the best score; empty where all score alike and for unranked metrics."""
        values = {i: self.contest.sign * v for i, v in self.entry.values.items()}
        low, high = min(values.values(), default=0.0), max(values.values(), default=0.0)
        if not self.contest.ranked or low == high:
            return {}
        return {i: "worst" if v == low else "best" for i, v in values.items() if v in (low, high)}

    def cell(self, sample: str) -> SampleCell:
        """A sample's score, or why there is none."""
        found = [(r.subject.seed, s) for r in self.records if (s := self._samples[r.key].get(sample)) is not None]
        gap = next(((seed, s) for seed, s in found if s.score is None), None)
        if gap is not None:
            return SampleCell("undefined", reason=self._said(*gap) or "no reason was given")
        value = self.entry.values.get(sample)
        if value is None:
            return SampleCell(DASH, reason="not scored")
        bound = next(((seed, s) for seed, s in found if s.status == "censored"), None)
        reason = "" if bound is None else f"only a bound: {self._said(*bound) or 'no reason was given'}"
        return SampleCell(short(value), value, reason, self.extremes.get(sample, "") if self.contest.headline else "")

    def _said(self, seed: int, sample: SampleScore) -> str:
        return sample.reason if len(self.records) == 1 or not sample.reason else f"seed {seed}: {sample.reason}"

    @cached_property
    def _samples(self) -> Mapping[str, Mapping[str, SampleScore]]:
        return {r.key: {s.sample_id: s for s in r.samples} for r in self.records}


@dataclass(frozen=True)
class Missed:
    """A metric without any score of a method."""

    name: str
    status: str
    reason: str


@dataclass(frozen=True, eq=False)
class SampleScores:
    """Everything that one method scored in a block."""

    view: View
    method: Variant

    @cached_property
    def columns(self) -> list[Column]:
        """The metrics that ran, headlines first, then as on the board; at most COLUMNS."""
        ran = [
            Column(c, e, self.view.metric_names[c.metric], self.view.records(c, e.method))
            for c, e in self._entries
            if e.status == "ok"
        ]
        return sorted(ran, key=lambda column: not column.contest.headline)[:COLUMNS]

    @cached_property
    def left_out(self) -> int:
        """Metrics that ran and have no column."""
        return sum(e.status == "ok" for _, e in self._entries) - len(self.columns)

    @cached_property
    def missed(self) -> list[Missed]:
        """The metrics that did not run, with their reasons."""
        return [
            Missed(self.view.metric_names[c.metric], e.status, e.reason) for c, e in self._entries if e.status != "ok"
        ]

    @cached_property
    def _entries(self) -> list[tuple[Contest, Entry]]:
        return [(c, e) for c in self.view.contests for e in c.entries if e.method == self.method]
