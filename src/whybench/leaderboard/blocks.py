"""Tables of methods over model x dataset blocks: mean ranks, and who wins where."""

from collections.abc import Iterable, Sequence

import numpy as np

from whybench.leaderboard.contest import Block
from whybench.leaderboard.field import Field
from whybench.leaderboard.figures import DASH
from whybench.leaderboard.table import Table
from whybench.statistics import needed_units
from whybench.statistics.pairs import paired


def across_table(f: Field) -> Table:
    """One metric over its blocks: place, mean rank, tie group, and in how many blocks a method is whole."""
    tied = len(f.pool) > 1 and not f.pairs.any_separated
    lines = [
        (_called(f, m), _place(f, k, tied), f"{f.mean_ranks[k]:.2f}", f.tie_groups[k], f"{f.total}/{f.total}")
        for k, m in enumerate(f.pool)
    ]
    absent = [m for m in f.whole if m not in f.pool]
    lines += [(_called(f, m), DASH, DASH, "", f"{f.whole[m]}/{f.total}") for m in absent]
    notes = (
        *_notes(f),
        "Rank: the order of mean ranks, with a 95 % interval by resampling blocks; 'tied' where no pair is separated. "
        "Methods that share a letter are not separated at 5 % (Wilcoxon signed-rank on the blocks' "
        "standardised differences, Holm over all pairs of the pool, for which "
        f"{needed_units(len(f.pool))} blocks are needed at least).",
        *(
            ["A dash: not whole in every block, so neither ranked nor counted in the ranks of others."]
            if absent
            else []
        ),
    )
    return Table(
        f"{f.family}: {f.metric} over blocks", ("method", "rank", "mean rank", "group", "blocks"), tuple(lines), notes
    )


def win_table(f: Field) -> Table:
    """In how many blocks the method of the row is ahead of that of the column, draws as halves."""
    lines = []
    for i, a in enumerate(f.pool):
        cells = [DASH if i == j else _wins(f, i, j) for j in range(len(f.pool))]
        lines.append((_called(f, a), *cells))
    notes = (
        *_notes(f),
        f"Blocks of {len(f.blocks)} in which the row's mean is better than the column's; a draw is half a win; "
        "* separated at 5 % (Wilcoxon signed-rank, Holm over all pairs). A pair's entry depends on no third method, "
        "its star does.",
    )
    return Table(f"{f.family}: {f.metric}, wins", ("method", *f.pool), tuple(lines), notes)


def _wins(f: Field, i: int, j: int) -> str:
    signs = np.sign(paired(f.scores[i], f.scores[j]))
    wins = float(np.sum(signs > 0)) + float(np.sum(signs == 0)) / 2
    return f"{wins:g}{'*' if f.pairs.separated[i, j] else ''}"


def _place(f: Field, k: int, tied: bool) -> str:
    if tied:
        return f"tied, {len(f.pool)}"
    low, high = f.intervals[k]
    span = "" if low is None else f" ({low}–{high})"
    return f"{f.ranks[k]}{span} of {len(f.pool)}"


def _called(f: Field, method: str) -> str:
    return f"{method} (control)" if method in f.controls else method


def _notes(f: Field) -> Iterable[str]:
    controls = sum(m in f.controls for m in f.pool)
    yield f"Pool: {len(f.pool)} ranked, {controls} of them controls: {', '.join(sorted(f.pool))}."
    yield f"Blocks: {_places(f.blocks)}."


def _places(blocks: Sequence[Block]) -> str:
    return "; ".join(f"{b.model} on {b.dataset}" for b in blocks)
