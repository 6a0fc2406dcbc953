"""What a figure's title says: the finding of a contest in one sentence."""

from collections.abc import Mapping, Sequence

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.variants import Variant
from whybench.plots.curves import MeanCurve
from whybench.plots.labels import label, listed


def ahead(contest: Contest) -> list[Variant]:
    """The methods whose gain over the best control has an interval above zero, best first."""
    gains = contest.gains
    return [e.method for e in contest.pool if e.method in gains and (gains[e.method].difference.low or 0) > 0]


def finding(contest: Contest, names: Mapping[Variant, str]) -> str:
    """Who is ahead of every control, or why nothing can be said."""
    methods = [e for e in contest.pool if not e.control]
    if not methods:
        return "No method has scores for all samples"
    if contest.trivial:
        return "Not ranked: maps that know nothing of the model win by definition"
    if contest.best_control is None:
        return f"Best mean: {label(names[methods[0].method])}; no control was run"
    if len(contest.sample_ids) < 2:
        return f"Best mean: {label(names[methods[0].method])}; one sample separates nothing"
    better = ahead(contest)
    if not better:
        return f"No method is ahead of every control (best control: {label(names[contest.best_control.method])})"
    verb = "is" if len(better) == 1 else "are"
    share = f"{len(better)} of {len(methods)} methods"
    return f"{listed([names[m] for m in better])} {verb} ahead of every control ({share})"


def ends(lines: Sequence[MeanCurve], y_name: str) -> str:
    """Where the lowest and the highest curve end."""
    low, high = min(lines, key=lambda c: float(c.mean[-1])), max(lines, key=lambda c: float(c.mean[-1]))
    return (
        f"at the end of the curve the {y_name} lies between {low.mean[-1]:.2f} ({label(low.name)}) "
        f"and {high.mean[-1]:.2f} ({label(high.name)})"
    )
