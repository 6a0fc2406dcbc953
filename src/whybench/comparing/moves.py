"""Places on the leaderboard: who moved."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from whybench.comparing.judging import JudgedCell
from whybench.leaderboard.addresses import SeededAddress
from whybench.statistics import mean, ranks


class Move(NamedTuple):
    """A method whose place under one metric is another, among the `of` methods that have scores on both sides."""

    address: SeededAddress
    before: int
    after: int
    of: int


def moves(cells: Sequence[JudgedCell]) -> list[Move]:
    """The methods that moved, metric by metric, the longest way first.

    Places are those of the means over the samples for which all methods have a score on both sides. Cells that are
    unchanged stand with the scores that they had, so that rounding moves nobody. Metrics that trivial maps win, and
    those of which nobody says which way is better, have no places.
    """
    contests: dict[tuple[Any, ...], list[JudgedCell]] = {}
    for cell in cells:
        a = cell.address
        if cell.tolerance is not None and _sign(cell) and not _trivial(cell):
            contests.setdefault((a.kind, a.dataset, a.model, a.metric, a.seed), []).append(cell)
    found = [move for contest in contests.values() for move in _moved(contest)]
    return sorted(found, key=lambda m: (-abs(m.after - m.before), m.address))


def _moved(contest: Sequence[JudgedCell]) -> list[Move]:
    known = [_scores(cell) for cell in contest]
    shared = set.intersection(*(set(scores) for scores in known))
    if not shared:
        return []
    ids = sorted(shared)
    signs = [_sign(cell) for cell in contest]
    old, new = (
        ranks([sign * mean([scores[i][side] for i in ids]) for sign, scores in zip(signs, known, strict=True)]).tolist()
        for side in (0, 1)
    )
    return [
        Move(cell.address, before, after, len(contest))
        for cell, before, after in zip(contest, old, new, strict=True)
        if before != after
    ]


def _scores(cell: JudgedCell) -> dict[str, tuple[float, float]]:
    before, after = cell.pair.before, cell.pair.after
    assert before is not None
    assert after is not None
    found = {}
    for i, sample in before.samples.items():
        other = after.samples.get(i)
        if sample.score is not None and other is not None and other.score is not None:
            found[i] = sample.score, sample.score if cell.verdict == "unchanged" else other.score
    return found


def _sign(cell: JudgedCell) -> int:
    """1 where higher is better, -1 where lower is, 0 where nobody says."""
    says = [side.higher_is_better for side in cell.pair[:2] if side is not None and side.higher_is_better is not None]
    return 0 if not says else 1 if says[-1] else -1


def _trivial(cell: JudgedCell) -> bool:
    return any(side.trivial for side in cell.pair[:2] if side is not None)
