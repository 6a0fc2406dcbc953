"""What all methods together say of a pair."""

from dataclasses import dataclass
from math import isnan

import torch
from crossing.judging import Match, Side
from crossing.pairs import Pair
from scipy.stats import kendalltau
from torch import Tensor

from whybench.suite import metric


@dataclass(frozen=True)
class Verdict:
    """One pair over its methods.

    apart: the largest difference of two scores, relative above 1; compared: samples, of all methods; agreeing: methods,
    of those with a sample to compare, within the tolerance; order: Kendall's tau-b between both sides' orders of
    methods by mean score, NaN where there are fewer than three or one side has no order.
    """

    pair: Pair
    matches: tuple[Match, ...]

    @property
    def judged(self) -> list[Match]:
        return [m for m in self.matches if not isnan(m.apart)]

    @property
    def apart(self) -> float:
        return max((m.apart for m in self.judged), default=float("nan"))

    @property
    def agreeing(self) -> int:
        return sum(m.apart <= self.pair.tolerance for m in self.judged)

    @property
    def compared(self) -> int:
        return sum(int(m.compared.sum()) for m in self.matches)

    @property
    def samples(self) -> int:
        return sum(len(m.ids) for m in self.matches)

    @property
    def equal(self) -> bool:
        return bool(self.judged) and self.agreeing == len(self.judged)

    @property
    def expected(self) -> bool:
        """Whether it is as the table of pairs says."""
        return self.equal == (not self.pair.why)

    @property
    def order(self) -> float:
        means = [(mean(m.values), mean(m.theirs.values)) for m in self.matches]
        known = [pair for pair in means if not any(map(isnan, pair))]
        if len(known) < 3:
            return float("nan")
        ours, theirs = zip(*known, strict=True)
        same = metric(self.pair.ours).higher_is_better == self.pair.theirs.higher_is_better
        return float(kendalltau(ours, theirs).statistic) * (1 if same else -1)

    @property
    def words(self) -> str:
        if not self.expected:
            return "UNEXPLAINED" if not self.pair.why else "agrees, though a difference is expected"
        if self.equal:
            return f"equal within {self.pair.tolerance:.0e}"
        if not self.judged:
            return f"theirs has no value: {self.pair.why}"
        return f"differs: {self.pair.why}"

    def cost(self, side: str) -> tuple[float, float, float]:
        """Forward and backward passes a sample, and CPU seconds, the mean over methods."""
        sides: list[Side] = [getattr(m, side) for m in self.matches]
        return (
            sum(s.forward for s in sides) / len(sides),
            sum(s.backward for s in sides) / len(sides),
            sum(s.seconds for s in sides) / len(sides),
        )


def mean(values: Tensor) -> float:
    """The mean over all samples, NaN where one has no value: no order is read off a part of them."""
    return float(values.mean()) if bool(torch.isfinite(values).all()) else float("nan")
