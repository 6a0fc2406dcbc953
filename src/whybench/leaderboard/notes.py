"""What has to stand below a table: how to read it, its pools, and what weakens it."""

from collections.abc import Iterable, Sequence

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.names import Names
from whybench.leaderboard.variants import Variant, differing
from whybench.statistics.intervals import BCA_FROM

LEAK = "†"


def notes(contests: Sequence[Contest], methods: Names, metrics: Names) -> tuple[str, ...]:
    """The notes of one family's table."""
    return tuple(
        dict.fromkeys(
            [
                *_reading(contests),
                *_pools(contests, methods, metrics),
                *_gains(contests, methods, metrics),
                *_trivial(contests, metrics),
                *varied(contests, metrics),
                *flagged(contests, methods, metrics),
                *_leaks(contests),
                *_outside(contests, metrics),
                *_missing(contests, methods, metrics),
            ]
        )
    )


def _reading(contests: Sequence[Contest]) -> Iterable[str]:
    yield (
        f"mean ± half of its 95 % interval over samples (t, longer on the side of the skew, below {BCA_FROM} samples; "
        f"t and BCa joined from {BCA_FROM} on); ↑ higher is better, ↓ lower is better."
    )
    if any(c.ranked and len(c.pool) > 1 for c in contests):
        yield (
            "Methods of one block that share a letter are not separated at 5 % (Wilcoxon signed-rank on the same "
            "samples, Holm over all pairs of the column). Rank intervals: 95 %, by resampling samples; 'tied' where no "
            "pair is separated. Ranks change with the pool."
        )


def _pools(contests: Sequence[Contest], methods: Names, metrics: Names) -> Iterable[str]:
    """Each pool once, with all the blocks and metrics in which it is ranked."""
    pools: dict[tuple[tuple[str, bool], ...], list[str]] = {}
    for c in (c for c in contests if c.ranked):
        members = tuple(sorted((methods[c.block, e.method], e.control) for e in c.pool))
        pools.setdefault(members, []).append(_place(c) if _uniform(c, contests) else _on(c, metrics))
    for members, places in pools.items():
        controls = sum(control for _, control in members)
        listed = ", ".join(name for name, _ in members)
        where = ", ".join(dict.fromkeys(places))
        yield f"Pool of {where}: {len(members)} ranked, {controls} of them controls: {listed}."


def _gains(contests: Sequence[Contest], methods: Names, metrics: Names) -> Iterable[str]:
    best = [
        f"{_on(c, metrics)}: {methods[c.block, c.best_control.method]}" for c in contests if c.gains and c.best_control
    ]
    if best:
        yield (
            "Gain: mean difference on the same samples, positive where better, over the best control: "
            f"{'; '.join(best)}."
        )


def _trivial(contests: Sequence[Contest], metrics: Names) -> Iterable[str]:
    labels = sorted({metrics[c.block, c.metric] for c in contests if c.trivial})
    if labels:
        yield f"Not ranked, since trivial maps win by definition: {', '.join(labels)}."


def varied(contests: Sequence[Contest], metrics: Names) -> Iterable[str]:
    """Where one label stands for different parameters in different blocks."""
    same: dict[str, dict[Variant, list[str]]] = {}
    for c in contests:
        same.setdefault(metrics[c.block, c.metric], {}).setdefault(c.metric, []).append(_place(c))
    for label, variants in sorted(same.items()):
        if len(variants) > 1:
            keys = differing(variants)
            stated = "; ".join(f"{v.setting(keys)} for {', '.join(places)}" for v, places in variants.items())
            yield f"{label} has {stated}."


def flagged(contests: Sequence[Contest], methods: Names, metrics: Names) -> Iterable[str]:
    """The controls that no method beats, a sentence a column."""
    for c in contests:
        for verdict in ("not beaten", "not separated"):
            controls = [methods[c.block, f.control] for f in c.flags if f.verdict == verdict]
            if controls:
                meaning = "no method beats" if verdict == "not beaten" else "the best method is not separated from"
                yield f"Flag on {_on(c, metrics)}: {meaning} {', '.join(controls)}."


def _leaks(contests: Sequence[Contest]) -> Iterable[str]:
    if any(e.leak for c in contests for e in c.entries):
        yield f"{LEAK} leaks: the method removes features with the metric's own infill."


def _outside(contests: Sequence[Contest], metrics: Names) -> Iterable[str]:
    """The metrics that are not defined for some samples, whatever the method."""
    for c in contests:
        if 0 < len(c.sample_ids) < len(c.asked):
            reason = next((e.reason for e in c.entries if e.status == "ok" and e.reason), "")
            yield f"{_on(c, metrics)} is defined for {len(c.sample_ids)} of {len(c.asked)} samples: {reason}."


def _missing(contests: Sequence[Contest], methods: Names, metrics: Names) -> Iterable[str]:
    """Each reason once, with all to which it applies."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for c in contests:
        for e in (e for e in c.entries if e.method not in c.estimates):
            word: str = "mean refused" if e.status == "ok" else e.status
            key = (methods[c.block, e.method], word, c.reason(e))
            reasons.setdefault(key, []).append(_on(c, metrics))
    for (method, what, reason), places in reasons.items():
        yield f"{method}: {what} on {', '.join(places)}: {reason}."


def _uniform(contest: Contest, contests: Sequence[Contest]) -> bool:
    """Whether all ranked metrics of a block have one pool."""
    same = [c for c in contests if c.ranked and c.block == contest.block]
    return len({frozenset(e.method for e in c.pool) for c in same}) == 1


def _place(contest: Contest) -> str:
    return f"{contest.block.model} on {contest.block.dataset}"


def _on(contest: Contest, metrics: Names) -> str:
    return f"{metrics[contest.block, contest.metric]} ({_place(contest)})"
