"""How much worse a statistic may get: METRIC:STATISTIC:THRESHOLD, such as `pixel_flipping:mean:2%`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from statistics import fmean, median

from whybench.errors import UsageError

Statistic = Callable[[Sequence[float]], float]
STATISTICS: dict[str, Statistic] = {"mean": fmean, "median": median, "min": min, "max": max}
GRAMMAR = f"METRIC:STATISTIC:THRESHOLD, say pixel_flipping:mean:2%; statistics: {', '.join(STATISTICS)}"


@dataclass(frozen=True)
class Threshold:
    """A statistic of a metric's scores may be worse than the baseline's by `allowed`, or by that share of it.

    asked: the words of whoever set it.

    >>> Threshold.parse("pixel_flipping:mean:2%")
    Threshold(asked='pixel_flipping:mean:2%', metric='pixel_flipping', statistic='mean', allowed=0.02, relative=True)
    >>> Threshold.parse("srg:median:0.5").relative
    False
    """

    asked: str
    metric: str
    statistic: str
    allowed: float
    relative: bool

    @classmethod
    def parse(cls, text: str) -> "Threshold":
        """Raises UsageError, with the offending part and the grammar, for anything else."""
        parts = text.strip().rsplit(":", 2)
        if len(parts) != 3 or not parts[0].strip():
            raise UsageError(f"--whybench-fail={text!r}; expected {GRAMMAR}")
        metric, statistic, limit = (part.strip() for part in parts)
        if statistic not in STATISTICS:
            raise UsageError(f"--whybench-fail={text!r}: unknown statistic {statistic!r}; expected {GRAMMAR}")
        try:
            number = float(limit.removesuffix("%"))
        except ValueError:
            number = -inf
        if not (isfinite(number) and number >= 0):
            raise UsageError(f"--whybench-fail={text!r}: {limit!r} is no number >= 0, with or without %: {GRAMMAR}")
        relative = limit.endswith("%")
        return cls(text, metric, statistic, number / 100 if relative else number, relative)

    def broken(
        self, now: Mapping[str, float | None], then: Mapping[str, float | None], higher_is_better: bool
    ) -> str | None:
        """What is worse than allowed; None where nothing is.

        now, then: scores by sample id, None where undefined. Samples without a value in the baseline are left out of
        both; one that lost its value, and samples that are not the same, break every threshold.
        """
        if set(now) != set(then):
            return (
                f"other samples than in the baseline: {len(set(now) - set(then))} new, {len(set(then) - set(now))} gone"
            )
        lost = [name for name, score in then.items() if score is not None and now[name] is None]
        if lost:
            return f"no value any more for {len(lost)} of {len(then)} samples: {', '.join(lost[:5])}"
        known = [name for name, score in then.items() if score is not None]
        if not known:
            return None
        before = STATISTICS[self.statistic]([score for score in then.values() if score is not None])
        after = STATISTICS[self.statistic]([score for name in known if (score := now[name]) is not None])
        worse = before - after if higher_is_better else after - before
        if worse <= (self.allowed * abs(before) if self.relative else self.allowed):
            return None
        share = f", {100 * worse / abs(before):.3g} %" if before else ""
        return f"{self.statistic} {before:.6g} -> {after:.6g}, worse by {worse:.6g}{share}; {self.asked} allows less"
